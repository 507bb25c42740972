"""A pytest plug-in that `manage.py test` loads first: Redis databases of its own for each xdist process, before any settings are read."""

import os

PER_PROCESS = 3  # broker, chunks, channel layer
DATABASES = 64


def choose(environment: dict[str, str] | os._Environ) -> None:
    process = environment.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    first = int(process) * PER_PROCESS
    if first + PER_PROCESS > DATABASES:
        raise SystemExit(f"At most {DATABASES // PER_PROCESS} test processes: the tests' Redis has {DATABASES} databases.")
    for offset, name in enumerate(("REDIS_BROKER_URL", "REDIS_CHUNKS_URL", "REDIS_LAYER_URL")):
        environment[name] = f"{environment['REDIS_URL']}/{first + offset}"


choose(os.environ)
