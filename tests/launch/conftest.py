import os
import pwd
import secrets
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest

from academy.launch.place import ROOT, Place
from academy.launch.processes import processes


@pytest.fixture
def place(tmp_path):
    """A checkout's own directory, where an account that servers run under can come too."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == pwd.getpwuid(os.geteuid()).pw_name and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o011)
    return Place(tmp_path / "local")


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
