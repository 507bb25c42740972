"""Children never outlive the launcher, however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from academy.launch.place import alive
from academy.launch.processes import PROGRAMS, SERVERS, Program

LAUNCHER = """
import signal, sys
from pathlib import Path
from academy.launch.processes import PROGRAMS, SERVERS, Processes, Program

folder = Path(sys.argv[1])
ours = Processes()
ours.remove_at_end(folder / "env.json")
for name, stage, grace_s in (("server", SERVERS, 5), ("program", PROGRAMS, 5), ("stubborn", PROGRAMS, 0.2)):
    command = [sys.executable, str(folder / "child.py"), name]
    log = folder / f"{name}.log"
    child = ours.start(Program(name=name, command=command, environment={}, log=log, directory=folder, stage=stage, grace_s=grace_s))
    print(child.pid, flush=True)
signal.pause()
"""
CHILD = """
import pathlib, signal, sys, time

def end(*_):
    with open("ended", "a") as file:
        file.write(sys.argv[1] + "\\n")
    if sys.argv[1] != "stubborn":
        sys.exit()

signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1] + ".ready").touch()
while True:
    time.sleep(60)
"""


@pytest.fixture
def launcher(tmp_path, eventually):
    (tmp_path / "child.py").write_text(CHILD)
    (tmp_path / "env.json").touch()
    process = subprocess.Popen([sys.executable, "-c", LAUNCHER, tmp_path], stdout=subprocess.PIPE, text=True)
    pids = [process.stdout.readline().strip() for _ in range(3)]
    for name in ("server", "program", "stubborn"):
        eventually(name, (tmp_path / f"{name}.ready").exists)
    yield process, pids
    process.kill()
    process.wait()


def test_a_killed_launcher_takes_every_child_with_it_and_its_files(launcher, tmp_path, eventually):
    process, pids = launcher
    process.kill()
    process.wait()
    eventually("the end of all children", lambda: not any(map(alive, pids)))
    eventually("the end of env.json", lambda: not (tmp_path / "env.json").exists())


def test_children_end_even_when_the_watchdog_is_killed_with_the_launcher(launcher, eventually):
    process, pids = launcher
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    (watchdog,) = set(children) - set(pids)
    os.kill(process.pid, signal.SIGKILL)
    os.kill(int(watchdog), signal.SIGKILL)
    process.wait()
    eventually("the end of what can end", lambda: not any(map(alive, pids[:2])))
    os.kill(int(pids[2]), signal.SIGKILL)  # it ignores the signal, and there is nobody left to insist


def program(name, folder, stage, grace_s=5.0):
    command = [sys.executable, str(folder / "child.py"), name]
    return Program(name=name, command=command, environment={}, log=folder / "log", directory=folder, stage=stage, grace_s=grace_s)


@pytest.mark.parametrize("watchdog_killed", [False, True])
def test_in_order_programs_end_before_the_servers_under_them(children, tmp_path, eventually, watchdog_killed):
    (tmp_path / "child.py").write_text(CHILD)
    pids = [children.start(program(name, tmp_path, stage)).pid for name, stage in (("server", SERVERS), ("program", PROGRAMS))]
    for name in ("server", "program"):
        eventually(name, (tmp_path / f"{name}.ready").exists)
    if watchdog_killed:
        children.watchdog.kill()
        children.watchdog.wait()
    children.close()
    assert (tmp_path / "ended").read_text().split() == ["program", "server"]
    assert not any(alive(str(pid)) for pid in pids)


def test_a_child_that_ignores_the_signal_is_killed_after_its_grace(children, tmp_path, eventually):
    (tmp_path / "child.py").write_text(CHILD)
    child = children.start(program("stubborn", tmp_path, PROGRAMS, grace_s=0.1))
    eventually("the child", (tmp_path / "stubborn.ready").exists)
    children.close()
    assert child.poll() == -signal.SIGKILL
