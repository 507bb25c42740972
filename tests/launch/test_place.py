import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from academy.launch import removal
from academy.launch.account import reachable, server_account
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


def test_the_tests_own_place_is_not_in_the_directory_of_every_pytest(local, tmp_path_factory):
    """Another pytest of this user closes that one to others while these run."""
    assert tmp_path_factory.getbasetemp().parent not in local.local.parents
    assert server_account() is None or reachable(local.local.parent, server_account())


@pytest.mark.parametrize("command", ["up", "migrate"])
def test_a_file_in_the_way_is_refused_with_what_to_do(tmp_path, manage, command):
    (tmp_path / "local").touch()
    code, said = manage(command, ACADEMY_LOCAL=str(tmp_path / "local"), **dict.fromkeys(("DATABASE_URL", "REDIS_URL", "SECRET_KEY"), ""))
    assert code == 1
    assert "move that file away, or name another directory with ACADEMY_LOCAL" in said
    assert said.count("\n") == 1


# --- removing all of it ---


@pytest.fixture
def kept(local, tmp_path, monkeypatch):
    """A site whose servers' files are elsewhere."""
    monkeypatch.setattr("academy.launch.place.reachable", lambda path, account: False)
    monkeypatch.setattr("academy.launch.place.ELSEWHERE", tmp_path / "elsewhere")
    monkeypatch.setenv("ACADEMY_LOCAL", str(local.local))
    local.secret_key()
    (local.servers(None) / "postgresql").mkdir()
    return local


def test_what_would_be_removed_is_said_and_nothing_is(kept, capsys):
    assert removal.main([]) == 0
    assert f"Would delete {kept.elsewhere()}\nWould delete {kept.local}\n" in capsys.readouterr().out
    assert kept.secret_key_file.exists()
    assert (kept.elsewhere() / "postgresql").exists()


def test_told_to_it_removes_all_of_it(kept, capsys):
    elsewhere = kept.elsewhere()
    assert removal.main(["--yes"]) == 0
    assert not elsewhere.exists()
    assert not kept.local.exists()
    assert removal.main(["--yes"]) == 0
    assert "nothing to delete" in capsys.readouterr().out


def test_a_note_that_names_another_directory_deletes_nothing_there(kept, tmp_path):
    (tmp_path / "precious").mkdir()
    (kept.local / "data-directory").write_text(f"{tmp_path / 'precious'}\n")
    removal.main(["--yes"])
    assert (tmp_path / "precious").exists()


def test_a_site_that_runs_is_not_removed(holder, local, monkeypatch):
    monkeypatch.setenv("ACADEMY_LOCAL", str(local.local))
    with pytest.raises(LaunchError, match="running in this checkout already"):
        removal.main(["--yes"])
    assert local.local.exists()


def test_what_runs_is_unknown_while_nothing_is_written_or_half_of_it(local):
    assert local.running() == {}
    local.env_file.write_text('{"DATABASE_URL": ')
    assert local.running() == {}
