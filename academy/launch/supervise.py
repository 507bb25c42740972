"""Keeps programs running: one that dies is started again after a pause that doubles; one that keeps dying ends the site with a sentence."""

import subprocess
import time
from dataclasses import dataclass

from academy.launch.errors import LaunchError
from academy.launch.processes import Processes, Program, last_lines, trim_log
from academy.launch.terminal import complain

POLL_S = 0.1
QUICK_S = 20  # dying sooner than this after its start is quick
QUICK_DEATHS_MAX = 5
PAUSE_S = 0.5
TRIM_EVERY_S = 60


@dataclass(kw_only=True, slots=True)
class Watched:
    program: Program
    child: subprocess.Popen[bytes] | None
    started_at: float
    quick_deaths: int = 0
    start_at: float = 0.0  # when child is None


class Supervisor:
    def __init__(self, processes: Processes):
        self.processes = processes
        self.watched: list[Watched] = []

    def start(self, program: Program) -> None:
        self.adopt(program, self.processes.start(program))

    def adopt(self, program: Program, child: subprocess.Popen[bytes]) -> None:
        self.watched.append(Watched(program=program, child=child, started_at=time.monotonic()))

    def look(self) -> None:
        """One round: note deaths, start again what is due."""
        self.processes.revive_watchdog()
        now = time.monotonic()
        for watched in self.watched:
            if watched.child is None and now >= watched.start_at:
                watched.child = self.processes.start(watched.program)
                watched.started_at = now
            elif watched.child is not None and watched.child.poll() is not None:
                self.bury(watched, now)

    def bury(self, watched: Watched, now: float) -> None:
        assert watched.child
        program, code = watched.program, watched.child.returncode
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self.processes.clear(watched.child)
        watched.child = None
        watched.quick_deaths = watched.quick_deaths + 1 if now - watched.started_at < QUICK_S else 1
        if watched.quick_deaths > QUICK_DEATHS_MAX:
            raise LaunchError(
                f"{program.name} {how}, for the {watched.quick_deaths}th time within seconds of its start, so everything is stopped. "
                f"{program.log} says:\n  {last_lines(program.log)}"
            )
        pause_s = PAUSE_S * 2 ** (watched.quick_deaths - 1)
        watched.start_at = now + pause_s
        complain(f"{program.name} {how}; it is started again in {pause_s:g} s. Its log: {program.log}")

    def forever(self) -> None:
        trimmed_at = time.monotonic()
        while True:
            self.look()
            self.processes.pause(POLL_S)
            if time.monotonic() - trimmed_at > TRIM_EVERY_S:
                trimmed_at = time.monotonic()
                for watched in self.watched:
                    trim_log(watched.program.log)
