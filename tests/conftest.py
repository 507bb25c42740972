"""What every test may use: a site that is really served, with a real worker, and a browser.

`live_site` is `academy.asgi:application` behind uvicorn in a thread of this process, on a socket bound here (no race for a port), on the
test database; its worker is a Celery process on the same database and this process's own Redis databases. Nothing is eager or faked.
"""

import io
import os
import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
import uvicorn

from academy.launch.place import ROOT
from academy.launch.processes import Program, last_lines, processes

QUEUES = ["acts", "live", "default", "grading"]
ANSWER_S = 20
LAUNCHED = all(os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL"))


def pytest_configure(config):
    if not LAUNCHED:  # settings would fall back on a running site's servers, and tests empty the Redis they use
        raise pytest.UsageError("Run the tests with `python3 manage.py test`; arguments for pytest go after `--`.")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Browser tests last: from the first one on, Playwright's loop runs in this thread, and no asyncio test can start its own."""
    items.sort(key=lambda item: bool({"playwright", "browser", "context", "page"} & set(getattr(item, "fixturenames", ()))))


def wait_for(what, condition, seconds=ANSWER_S):
    """The first true value of `condition()`; a failure with the name of what did not come."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.02)
    return value


@pytest.fixture(scope="session")
def eventually():
    return wait_for


@pytest.fixture(scope="session")
def served(django_db_setup):
    """The address of the site, served from this process."""
    held = socket.create_server(("127.0.0.1", 0))
    options = {"ws_max_size": 262_144, "ws_per_message_deflate": True, "lifespan": "off", "timeout_graceful_shutdown": 5}
    server = uvicorn.Server(uvicorn.Config("academy.asgi:application", log_level="warning", **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, name="site", daemon=True)
    thread.start()
    wait_for("the web server", lambda: server.started or not thread.is_alive())
    assert server.started
    yield f"http://127.0.0.1:{held.getsockname()[1]}"
    server.should_exit = True
    thread.join(ANSWER_S)
    assert not thread.is_alive(), "the web server did not stop"


@pytest.fixture(scope="session")
def worker(django_db_setup, tmp_path_factory):
    """A Celery process for all queues, on the test database. Gives the application to talk to it."""
    from django.db import connection

    from academy.celery import app

    log = tmp_path_factory.mktemp("worker") / "worker.log"
    name = f"tests-{os.getpid()}@here"
    command = [sys.executable, "-m", "celery", "--app", "academy", "worker", "--hostname", name, "--queues", ",".join(QUEUES)]
    command += ["--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    with processes() as ours:
        ours.start(Program(name="worker", command=command, environment={**os.environ, "DATABASE_URL": url}, log=log, directory=ROOT))
        try:
            wait_for("the worker", lambda: app.control.ping(destination=[name], timeout=1))
        except AssertionError as error:
            raise AssertionError(f"{error}; its log says:\n  {last_lines(log, 20)}") from None
        yield lambda: app.control.inspect(destination=[name], timeout=2)


def idle(worker):
    """Whether the worker answers and does nothing. A connection that a test cut is made anew."""
    try:
        return not any((worker().active() or {"": ["?"]}).values())
    except redis.ConnectionError:
        return False


@pytest.fixture
def live_site(served, worker, transactional_db):
    """The address of a site with the course in it. When the test ends the worker is left idle, so that nothing leaks into the next."""
    from django.conf import settings
    from django.core.management import call_command

    call_command("content", "import", "--no-posters", verbosity=0, stdout=io.StringIO())
    yield served
    with redis.Redis.from_url(settings.REDIS_BROKER_URL) as broker:
        broker.delete(*QUEUES)
    wait_for("an idle worker", lambda: idle(worker))
    with redis.Redis.from_url(settings.REDIS_CHUNKS_URL) as chunks:
        chunks.flushdb()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Chromium as `manage.py test` found it, quiet: it talks to nobody but the site."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"]
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its own sandbox to root
    found = {"executable_path": os.environ["CHROMIUM"]} if os.environ.get("CHROMIUM") else {}
    return browser_type_launch_args | {"args": [*quiet, *root]} | found


@pytest.fixture(scope="session")
def checkout():
    return Path(ROOT)
