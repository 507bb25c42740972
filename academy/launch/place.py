"""Where a checkout keeps what is its own: `.local/`, or the directory that ACADEMY_LOCAL names.

    secret_key            made once; sessions and links are signed with it
    env.json              how other commands reach the servers, there only while they run
    lock                  held by whoever runs the servers, and by its watchdog until they are gone
    postgresql/<major>/   the data directory, named by the version that made it
    redis/                a configuration, rewritten at each start
    log/  backups/  staticfiles/
All of it is for its owner only. Where root works for an account that cannot come here (a checkout in a home of mode 0700), the servers'
files are in /var/lib/academy/<name> instead, and `data-directory` says so.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from academy.launch.account import Account, reachable
from academy.launch.errors import LaunchError

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = Path("/var/lib/academy")
ENDING_S = 45  # how long a killed launcher's watchdog may need to end its servers


class Place:
    def __init__(self, local: Path | None = None, root: Path = ROOT):
        self.root = root
        self.local = (local or Path(os.environ.get("ACADEMY_LOCAL") or root / ".local")).absolute()
        self.secret_key_file = self.local / "secret_key"
        self.env_file = self.local / "env.json"
        self.lock_file = self.local / "lock"
        self.logs = self.local / "log"
        self.backups = self.local / "backups"

    def prepare(self, account: Account | None) -> None:
        for path in (self.local, self.logs, self.backups):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o711 if account and path == self.local else 0o700)

    def servers(self, account: Account | None) -> Path:
        """The directory for the servers' own files: here, unless their account cannot come here."""
        noted = self.elsewhere()
        if noted or reachable(self.local, account):
            return noted or self.local
        name = hashlib.sha256(str(self.local).encode()).hexdigest()[:8]
        elsewhere = ELSEWHERE / f"{self.root.name}-{name}"
        elsewhere.mkdir(parents=True, exist_ok=True)
        (self.local / "data-directory").write_text(f"{elsewhere}\n")
        return elsewhere

    def elsewhere(self) -> Path | None:
        """Where the servers' files are when they are not here."""
        record = self.local / "data-directory"
        return Path(record.read_text().strip()) if record.exists() else None

    def secret_key(self) -> str:
        if not self.secret_key_file.exists():
            write_private(self.secret_key_file, secrets.token_urlsafe(50) + "\n")
        return self.secret_key_file.read_text().strip()

    def running(self) -> dict[str, str]:
        """What the holder of the lock wrote down, empty before its servers are up."""
        try:
            return dict(json.loads(self.env_file.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def locked(self) -> bool:
        """Whether someone runs the servers of this checkout now."""
        if not self.lock_file.exists():
            return False
        with self.lock_file.open("a") as file:
            return not try_lock(file.fileno())

    def holder(self) -> str:
        """The command that runs the servers now, "" if none does."""
        return self.lock_file.read_text().partition(" ")[2] if self.locked() else ""

    @contextlib.contextmanager
    def lock(self, what: str) -> Iterator[int]:
        """Be the one who runs the servers. Gives the descriptor, for the watchdog to hold until the last server is gone."""
        with self.lock_file.open("a+") as file:
            deadline = time.monotonic() + ENDING_S
            while not try_lock(file.fileno()):
                file.seek(0)
                pid, _, holder = file.read().partition(" ")
                if alive(pid) or time.monotonic() > deadline:
                    raise LaunchError(self.taken(pid, holder))
                time.sleep(0.1)  # the holder was killed; its watchdog is ending the servers
            file.truncate(0)
            file.write(f"{os.getpid()} {what}")
            file.flush()
            yield file.fileno()
            file.truncate(0)

    def taken(self, pid: str, holder: str) -> str:
        address = self.running().get("ADDRESS", "")
        where = f", at {address}" if address else ""
        what = f"{holder or 'manage.py'}, process {pid}{where}"
        return f"Academy is running in this checkout already: {what}. Use that one, or end it with Ctrl-C or `kill {pid}`."


def try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def alive(pid: str) -> bool:
    """Whether that process runs. A zombie, dead but not yet collected by its parent, does not."""
    try:
        os.kill(int(pid), 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, ValueError):
        return False
    except FileNotFoundError:  # no /proc here, or gone this moment
        return not Path("/proc/self").exists()
    except PermissionError:
        return True


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Mode 0600 from the first byte, and never half a file."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if account:
        os.chown(new, account.uid, account.gid)
    new.replace(path)
