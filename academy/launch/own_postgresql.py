"""A PostgreSQL of our own: a child process on a free port of 127.0.0.1, its data directory named by the version that made it.

It is closed to other people on the machine: passwords (SCRAM) for every connection, no Unix sockets, no trust. Two roles: `postgres`, which
owns the server and is used here only, and `academy`, which owns the site's database and may create others (for tests, and to restore into).
"""

import json
import secrets
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from academy.launch import software
from academy.launch.account import Account, own, own_directory
from academy.launch.errors import LaunchError
from academy.launch.place import Place, write_private
from academy.launch.ports import on_free_port
from academy.launch.processes import SERVERS, Processes, Program, last_lines

START_S = 60
SITE = "academy"  # role and database
# What is thrown away after a check or a test need not survive a crash.
DURABLE: list[str] = []
THROWAWAY = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


@dataclass(kw_only=True, slots=True)
class OwnPostgreSQL:
    place: Place
    account: Account | None
    processes: Processes
    throwaway: bool = False

    def bring_up(self) -> tuple[Program, subprocess.Popen[bytes], str]:
        """What was started, as what, and its DATABASE_URL. Started again later, it has the same port."""
        home = self.place.servers(self.account) / "postgresql"
        own_directory(home, self.account)
        server, data = choose(home)
        bin = software.for_account(server.bin / "postgres", server.package, self.account, home.parent / "software").parent
        passwords = self.passwords(home)
        if not (data / "PG_VERSION").exists():
            self.create(bin, server.major, data, passwords["postgres"])
        elif passwords.pop("fresh", ""):
            self.reset_password(bin, data, passwords["postgres"])
        return on_free_port(lambda port: self.bring_up_on(port, bin, data, passwords))

    def bring_up_on(self, port: int, bin: Path, data: Path, passwords: dict[str, str]) -> tuple[Program, subprocess.Popen[bytes], str]:
        program = self.program(bin, data, port)
        child = self.processes.start(program)
        connect = {"host": "127.0.0.1", "port": port, "user": "postgres", "password": passwords["postgres"], "dbname": "postgres"}
        self.wait(child, program.log, connect)
        make_site_database(connect, passwords[SITE])
        return program, child, f"postgresql://{SITE}:{passwords[SITE]}@127.0.0.1:{port}/{SITE}"

    def program(self, bin: Path, data: Path, port: int) -> Program:
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "unix_socket_directories=", "-c", "max_connections=200"]
        return Program(
            name="postgresql",
            command=[str(bin / "postgres"), "-D", str(data), *settings, *(THROWAWAY if self.throwaway else DURABLE)],
            environment={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            log=self.place.logs / "postgresql.log",
            directory=data,
            stage=SERVERS,
            stop_signal=signal.SIGINT,  # "fast": open connections are ended
            grace_s=30,
            account=self.account,
        )

    def passwords(self, home: Path) -> dict[str, str]:
        file = home / "passwords.json"
        if file.exists():
            return dict(json.loads(file.read_text()))
        made = {"postgres": secrets.token_urlsafe(24), SITE: secrets.token_urlsafe(24)}
        write_private(file, json.dumps(made))
        return made | {"fresh": "yes"}

    def create(self, bin: Path, major: int, data: Path, password: str) -> None:
        """initdb beside the final name, then rename: an interrupted one never looks like data."""
        new = Path(tempfile.mkdtemp(prefix="new-", dir=data.parent))
        password_file = new.with_suffix(".password")
        write_private(password_file, password, self.account)
        if self.account:
            new.chmod(0o700)
            own(new, self.account)
        command = [str(bin / "initdb"), "-D", str(new), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8"]
        code, said = self.processes.run([*command, *locale(major)], {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, new, account=self.account)
        password_file.unlink()
        if code:
            self.processes.remove_at_end(new)
            raise LaunchError(f"PostgreSQL could not make its data directory {data}: {' '.join(said.split()[-40:])}")
        new.rename(data)

    def reset_password(self, bin: Path, data: Path, password: str) -> None:
        """The data is there and its password file is not (a copy without it): the owner of the files sets a new one."""
        statement = f"ALTER ROLE postgres PASSWORD '{password}';\n"
        with tempfile.TemporaryFile() as file:
            file.write(statement.encode())
            file.seek(0)
            command = [str(bin / "postgres"), "--single", "-D", str(data), "postgres"]
            code, said = self.processes.run(command, {"PATH": "/usr/bin:/bin"}, data, account=self.account, stdin=file.fileno())
        if code:
            raise LaunchError(f"The passwords of {data} are lost and could not be set anew: {' '.join(said.split()[-40:])}")

    def wait(self, child: subprocess.Popen[bytes], log: Path, connect: dict) -> None:
        waited = 0.0
        while True:
            try:
                psycopg.connect(**connect, connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if child.poll() is not None:
                    raise LaunchError(f"PostgreSQL ended while starting. {log} says:\n  {last_lines(log)}") from None
                if "password authentication failed" in str(error):
                    raise LaunchError(f"PostgreSQL does not know the password kept beside its data. Move {log} away and look.") from None
                if waited > START_S:
                    raise LaunchError(f"PostgreSQL did not answer within {START_S} s. {log} says:\n  {last_lines(log)}") from None
            self.processes.pause(0.05)
            waited += 0.05


def choose(home: Path) -> tuple[software.PostgreSQL, Path]:
    """An existing data directory chooses the program; only where there is none does the best program choose."""
    found = software.postgresqls()
    existing = sorted(path.parent for path in home.glob("*/PG_VERSION") if path.parent.name.isdigit())
    if len(existing) > 1:
        names = ", ".join(str(path) for path in existing)
        raise LaunchError(
            f"There are data directories of several versions: {names}. Keep the one with this site's data and move the others away."
        )
    if existing:
        major = int((existing[0] / "PG_VERSION").read_text())
        fitting = [server for server in found if server.major == major]
        if fitting:
            return fitting[0], existing[0]
        here = ", ".join(f"{server.major} in {server.bin}" for server in found) or "none"
        raise LaunchError(
            f"This site's data in {existing[0]} was made by PostgreSQL {major}, which is not on this machine (found: {here}). "
            f"Install it (Debian: apt-get install postgresql-{major}). Or run `manage.py backup FILE` on a machine that has it, "
            f"move {existing[0]} away, and run `manage.py restore FILE` here."
        )
    if not found:
        raise LaunchError(
            f"No PostgreSQL {software.POSTGRESQL_MAJOR_MIN} or newer was found: not on PATH, not where packages put it, not in .venv. "
            "Install one (Debian: apt-get install postgresql; macOS: brew install postgresql@17), or set DATABASE_URL."
        )
    return found[0], home / str(found[0].major)


def locale(major: int) -> list[str]:
    """Sorted by code point: the same on every machine, and after every upgrade of its libraries. Letters fold as Unicode says."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    installed = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
    return ["--locale=C", *(f"--lc-ctype={name}" for name in installed if name in ("C.UTF-8", "C.utf8"))]


def make_site_database(connect: dict, password: str) -> None:
    with psycopg.connect(**connect, autocommit=True) as server:
        known = server.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [SITE]).fetchone()
        quoted = sql.Literal(password)
        verb = "ALTER" if known else "CREATE"
        server.execute(sql.SQL(verb + " ROLE academy LOGIN CREATEDB PASSWORD {}").format(quoted))
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [SITE]).fetchone():
            server.execute("CREATE DATABASE academy OWNER academy")
