import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from academy.launch.place import ROOT, Place
from academy.launch.processes import processes


@pytest.fixture
def place(eventually):
    """A checkout's own directory, where an account that servers run under can come too. Not in pytest's: that one is every pytest's of
    this user, and each of them closes it to others when it starts."""
    with tempfile.TemporaryDirectory(prefix="academy-launch-") as folder:
        Path(folder).chmod(0o711)
        place = Place(Path(folder) / "local")
        yield place
        eventually("the end of its servers", lambda: not place.locked(), 60)


@pytest.fixture
def children():
    with processes() as ours:
        yield ours


@pytest.fixture
def manage():
    """Run manage.py as a person does; gives exit code and all it printed."""

    def run(*arguments, **environment):
        command = [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)]
        ended = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
        return ended.returncode, ended.stdout + ended.stderr

    return run


@pytest.fixture
def empty_database():
    """The address of a database that nobody else uses."""
    url = os.environ["DATABASE_URL"]
    name = f"test_empty_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
