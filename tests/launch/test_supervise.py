import os
import signal
import sys

import pytest

from academy.launch import supervise
from academy.launch.errors import LaunchError
from academy.launch.processes import Program, trim_log
from academy.launch.supervise import Supervisor


def program(tmp_path, code):
    return Program(name="clock", command=[sys.executable, "-c", code], environment={}, log=tmp_path / "clock.log", directory=tmp_path)


def test_a_program_that_was_killed_is_started_again(children, tmp_path, eventually, monkeypatch, capsys):
    monkeypatch.setattr(supervise, "PAUSE_S", 0.01)
    supervisor = Supervisor(children)
    supervisor.start(program(tmp_path, "import time; time.sleep(60)"))
    first = supervisor.watched[0].child
    os.kill(first.pid, signal.SIGKILL)

    def another():
        supervisor.look()
        child = supervisor.watched[0].child
        return child is not None and child.pid != first.pid

    eventually("another process", another)
    assert "clock was ended by signal 9; it is started again" in capsys.readouterr().err


def test_one_that_keeps_dying_ends_the_site_with_its_last_words(children, tmp_path, eventually, monkeypatch):
    monkeypatch.setattr(supervise, "PAUSE_S", 0.001)
    supervisor = Supervisor(children)
    supervisor.start(program(tmp_path, "raise SystemExit('no clock here')"))
    with pytest.raises(LaunchError, match=r"(?s)clock ended with exit code 1, for the 6th time.*no clock here"):
        eventually("the end", lambda: supervisor.look())


def test_a_log_that_grew_too_long_is_cut_and_its_past_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("academy.launch.processes.LOG_SIZE_BYTES_MAX", 10)
    log = tmp_path / "web.log"
    log.write_text("a line that is too long\n")
    trim_log(log)
    assert log.read_text() == ""
    assert (tmp_path / "web.1.log").read_text() == "a line that is too long\n"
