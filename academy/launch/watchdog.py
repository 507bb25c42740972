"""Ends every child when its pipe closes, whether the launcher stopped in order or was killed. Run as a script, standard library only.

Lines on standard input:
    watch <pid> <stage> <signal> <grace_s>     a process (group leader, or a single process where the id is negative)
    forget <pid>
    remove <path>                              a file or directory that must not outlive the launcher
At the end of input the highest stage is stopped first, all of a stage at once; what outlives its grace is killed.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

POLL_S = 0.02


def send(pid: int, number: int) -> bool:
    """Signal the whole group of `pid`, or the process `-pid` alone. False: nothing is left of it."""
    try:
        if pid < 0:
            os.kill(-pid, number)
        else:
            os.killpg(pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # a zombie of another account on macOS
        return False
    return True


def stop_stage(watched: list[tuple[int, int, float]]) -> None:
    deadlines = {}
    for pid, number, grace_s in watched:
        if send(pid, number):
            deadlines[pid] = time.monotonic() + grace_s
    killed: set[int] = set()
    while deadlines:
        for pid, deadline in list(deadlines.items()):
            late = time.monotonic() - deadline
            if late > 0 and pid not in killed:
                send(pid, signal.SIGKILL)
                killed.add(pid)
            if not send(pid, 0) or late > 5:
                del deadlines[pid]
        time.sleep(POLL_S)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, tuple[int, int, float]] = {}  # pid -> stage, signal, grace_s
    removals: list[Path] = []
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "watch":
            pid, stage, number, grace_s = rest.split()
            watched[int(pid)] = (int(stage), int(number), float(grace_s))
        elif verb == "forget":
            watched.pop(int(rest), None)
        elif verb == "remove":
            removals.append(Path(rest))
    for stage in sorted({stage for stage, _, _ in watched.values()}, reverse=True):
        stop_stage([(pid, number, grace_s) for pid, (of, number, grace_s) in watched.items() if of == stage])
    for path in removals:
        remove(path)


if __name__ == "__main__":
    main()
