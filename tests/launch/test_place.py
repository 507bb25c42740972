import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from academy.launch.errors import LaunchError
from academy.launch.place import Place


@pytest.fixture
def local(place):
    place.local.mkdir()
    return place


HOLDER = """
import sys, time
from pathlib import Path
from academy.launch.place import Place
from academy.launch.processes import Processes
with Place(Path(sys.argv[1])).lock("up") as lock:
    Processes(lock)
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(local):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, local.local], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_secret_key_is_made_once_and_is_the_owners_alone(local):
    key = local.secret_key()
    assert len(key) >= 50
    assert local.secret_key() == key
    assert stat.S_IMODE(local.secret_key_file.stat().st_mode) == 0o600


def test_whoever_runs_the_servers_keeps_others_from_it(local, holder):
    assert local.locked()
    assert local.holder() == "up"
    began = time.monotonic()
    with pytest.raises(LaunchError, match=rf"running in this checkout already: up, process {holder.pid}"), local.lock("up"):
        pass
    assert time.monotonic() - began < 5  # it lives, so there is nothing to wait for


def test_after_a_killed_holder_the_next_waits_for_its_servers_to_end_and_goes_on(local, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with local.lock("migrate"):
        assert local.holder() == "migrate"
    assert local.holder() == ""
    assert not local.locked()


def test_a_directory_that_the_servers_account_cannot_enter_is_replaced_and_noted(local, tmp_path, monkeypatch):
    monkeypatch.setattr("academy.launch.place.reachable", lambda path, account: False)
    monkeypatch.setattr("academy.launch.place.ELSEWHERE", tmp_path / "elsewhere")
    servers = local.servers(None)
    assert servers.parent == tmp_path / "elsewhere"
    assert servers.is_dir()
    monkeypatch.undo()
    assert Place(local.local).servers(None) == servers  # remembered, also once it could be entered


def test_what_runs_is_unknown_while_nothing_is_written_or_half_of_it(local):
    assert local.running() == {}
    local.env_file.write_text('{"DATABASE_URL": ')
    assert local.running() == {}
