"""The account servers run under. PostgreSQL refuses to run as root, so root hands its servers to `postgres` or `nobody`."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from academy.launch.errors import LaunchError


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int

    def may(self, test: str, path: Path) -> bool:
        """`test -x path`, asked as this account: only the kernel knows all the rules (modes, lists, mounts)."""
        asked = subprocess.run(["test", test, str(path)], user=self.uid, group=self.gid, extra_groups=[], cwd="/")
        return asked.returncode == 0


def server_account() -> Account | None:
    """None: the account we have."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LaunchError(
        "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it. Make one: useradd --system postgres"
    )


def reachable(path: Path, account: Account | None, test: str = "-x") -> bool:
    flag = {"-x": os.X_OK, "-r": os.R_OK, "-w": os.W_OK}[test]
    return account.may(test, path) if account else os.access(path, flag)


def own(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.uid, account.gid)


def own_directory(path: Path, account: Account | None) -> None:
    """A directory for the servers' account alone."""
    path.mkdir(exist_ok=True)
    path.chmod(0o700)
    own(path, account)
