"""Children: started through `child.py`, known to the watchdog before anything else happens, ended by it.

Three ways to run one: `start` (a server, watched over by whoever calls), `run` (to its end, output kept), `foreground` (to its end, with
the terminal). Waiting is done here only, so that Ctrl-C and SIGTERM are noticed at places where nothing is half done.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from academy.launch.account import Account
from academy.launch.errors import Stopped

HERE = Path(__file__).parent
SCRIPT = [sys.executable, "-I", "-S"]
LOG_SIZE_BYTES_MAX = 20_000_000
SERVERS, PROGRAMS, ERRANDS = 0, 1, 2  # stages, stopped from the last to the first


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    directory: Path
    stage: int = PROGRAMS
    stop_signal: int = signal.SIGTERM
    grace_s: float = 12.0
    account: Account | None = None
    descriptors: tuple[int, ...] = ()


class Processes:
    def __init__(self, lock: int | None = None):
        self.stopping = False
        self.children: list[subprocess.Popen[bytes]] = []
        self.lock = lock
        self.known: list[str] = []  # lines the watchdog was told and that still hold
        self.watchdog = self.start_watchdog()

    def start_watchdog(self) -> subprocess.Popen[str]:
        kept = () if self.lock is None else (self.lock,)
        command = [*SCRIPT, str(HERE / "watchdog.py")]
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, pass_fds=kept, text=True, bufsize=1)

    def tell(self, line: str) -> None:
        """To the watchdog; to a new one, with all the old one knew, if someone ended it."""
        verb, _, rest = line.partition(" ")
        if verb == "forget":
            self.known = [known for known in self.known if known.split()[:2] != ["watch", rest]]
        else:
            self.known.append(line)
        try:
            self.write(line)
        except BrokenPipeError:
            self.revive_watchdog()

    def write(self, *lines: str) -> None:
        assert self.watchdog.stdin
        self.watchdog.stdin.writelines(f"{line}\n" for line in lines)
        self.watchdog.stdin.flush()

    def revive_watchdog(self) -> None:
        if self.watchdog.poll() is not None:
            self.watchdog = self.start_watchdog()
            self.write(*self.known)

    def remove_at_end(self, path: Path) -> None:
        self.tell(f"remove {path}")

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        with open_log(program.log) as log:
            child = subprocess.Popen(
                as_child(program.command, program.stop_signal, program.account, program.directory),
                env=dict(program.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, pass_fds=program.descriptors,
            )  # fmt: skip
        self.children.append(child)
        self.tell(f"watch {child.pid} {program.stage} {int(program.stop_signal)} {program.grace_s}")
        return child

    def clear(self, child: subprocess.Popen[bytes]) -> None:
        """A child ended by itself: end what is left of its group before another takes its place."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        self.children.remove(child)
        self.tell(f"forget {child.pid}")

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], directory: Path, *,
        account: Account | None = None, tell: Callable[[str], None] | None = None, stdin: int | None = subprocess.DEVNULL,
    ) -> tuple[int, str]:  # fmt: skip
        """Exit code and everything it printed. `tell` hears each line of standard output as it comes."""
        child = subprocess.Popen(
            as_child(command, signal.SIGTERM, account, directory), env=dict(environment), stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.children.append(child)
        self.tell(f"watch {child.pid} {ERRANDS} {int(signal.SIGTERM)} 5")
        assert child.stdout
        os.set_blocking(child.stdout.fileno(), False)
        kept = b""
        while True:
            running = child.poll() is None  # asked before reading: what was printed last is read after the end
            read = child.stdout.read() or b""
            if tell:
                for line in (kept.rpartition(b"\n")[2] + read).split(b"\n")[:-1]:
                    tell(line.decode(errors="replace"))
            kept += read
            if not running and not read:
                break
            self.pause(0.02)
        child.stdout.close()
        self.clear(child)
        return child.returncode, kept.decode(errors="replace")

    def foreground(self, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> int:
        """Run with our terminal and in our group: Ctrl-C reaches it directly, so it is left to end as it likes."""
        child = subprocess.Popen(as_child(command, signal.SIGTERM, None, directory), env=dict(environment))
        self.children.append(child)
        self.tell(f"watch -{child.pid} {ERRANDS} {int(signal.SIGTERM)} 10")
        while True:
            try:
                code = child.wait(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                if self.stopping:
                    child.send_signal(signal.SIGTERM)
                    self.stopping = False
        self.children.remove(child)
        self.tell(f"forget -{child.pid}")
        return code if code >= 0 else 128 - code

    def pause(self, seconds: float) -> None:
        if self.stopping:
            raise Stopped
        time.sleep(seconds)
        if self.stopping:
            raise Stopped

    def close(self) -> None:
        """End everything, in reverse order: the watchdog does it, as it would if we were killed."""
        self.revive_watchdog()
        assert self.watchdog.stdin
        self.watchdog.stdin.close()
        while self.watchdog.poll() is None:
            for child in self.children:
                child.poll()  # a zombie would look alive to the watchdog
            time.sleep(0.01)


@contextmanager
def processes(lock: int | None = None, interrupt: bool = True) -> Iterator[Processes]:
    """Children for the length of a block. `interrupt=False`: Ctrl-C belongs to the foreground program, not to us."""
    ours = Processes(lock)

    def stop(*_: object) -> None:
        ours.stopping = True

    handlers = {signal.SIGINT: stop if interrupt else signal.SIG_IGN, signal.SIGTERM: stop, signal.SIGHUP: stop}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield ours
    finally:
        ours.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def as_child(command: Sequence[str], stop_signal: int, account: Account | None, directory: Path) -> list[str]:
    who = f"{account.uid}:{account.gid}" if account else "-"
    return [*SCRIPT, str(HERE / "child.py"), str(os.getpid()), str(int(stop_signal)), who, str(directory), *command]


def open_log(path: Path) -> IO[bytes]:
    """For appending: the file can then be cut while a child writes to it."""
    trim_log(path)
    return path.open("ab")


def trim_log(path: Path) -> None:
    if path.exists() and path.stat().st_size > LOG_SIZE_BYTES_MAX:
        path.with_suffix(".1.log").write_bytes(path.read_bytes())
        os.truncate(path, 0)


def last_lines(path: Path, count: int = 5) -> str:
    if not path.exists():
        return "(no log)"
    text = path.read_bytes()[-4000:].decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n  ".join(lines[-count:]) or "(empty log)"
