"""Really ready: the web process answers 200 at /readyz, and each worker answers a ping through the broker."""

import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from celery import Celery
from kombu.exceptions import OperationalError

from academy.launch.errors import LaunchError
from academy.launch.supervise import Supervisor
from academy.launch.terminal import complain

READY_S = 90
WORKERS = ("acts", "live", "background")


def wait_until(supervisor: Supervisor, what: str, answered: Callable[[], str]) -> None:
    """`answered` gives "" when it is so, else what is wrong now."""
    deadline = time.monotonic() + READY_S
    while problem := answered():
        if time.monotonic() > deadline:
            logs = supervisor.watched[0].program.log.parent
            raise LaunchError(f"{what} did not become ready within {READY_S} s; the last answer was: {problem}. The logs are in {logs}.")
        supervisor.look()
        supervisor.processes.pause(0.05)


def readyz(host: str, port: int, environment: Mapping[str, str]) -> str:
    asked = http.client.HTTPConnection(host, port, timeout=5)
    try:
        # As a proxy in front would ask, so that ALLOWED_HOSTS and HTTPS may be set.
        asked.request("GET", "/readyz", headers={"Host": host_header(host, port, environment), "X-Forwarded-Proto": "https"})
        answer = asked.getresponse()
        text = answer.read(300).decode(errors="replace")
        return "" if answer.status == 200 else f"/readyz answered {answer.status}: {' '.join(text.split())}"
    except (OSError, http.client.HTTPException) as error:
        return f"/readyz did not answer ({error})"
    finally:
        asked.close()


def host_header(host: str, port: int, environment: Mapping[str, str]) -> str:
    allowed = [name.strip() for name in environment.get("ALLOWED_HOSTS", "").split(",") if name.strip()]
    name = f"[{host}]" if ":" in host else host
    if not allowed or "*" in allowed or name in allowed:
        return f"{name}:{port}"
    return allowed[0].lstrip(".")


def workers(environment: Mapping[str, str], names: Sequence[str] = WORKERS) -> str:
    broker = environment.get("REDIS_BROKER_URL") or f"{environment['REDIS_URL'].rstrip('/')}/0"
    asked = {f"{name}@{socket.gethostname()}" for name in names}
    with Celery("launcher", broker=broker, set_as_current=False) as app:
        app.conf.broker_transport_options = {"socket_connect_timeout": 2}
        try:
            replies = app.control.ping(destination=sorted(asked), timeout=1)
        except (OperationalError, OSError) as error:
            return f"the broker did not answer ({error})"
    missing = asked - {name for reply in replies for name in reply}
    return f"no answer from {', '.join(sorted(missing))}" if missing else ""


def main(names: list[str]) -> int:
    """`python -m academy.launch.ready web` or the name of a worker: the health checks of containers."""
    problem = readyz("127.0.0.1", 8000, os.environ) if names == ["web"] else workers(os.environ, names)
    if problem:
        complain(problem)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
