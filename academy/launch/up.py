"""`manage.py up`: everything on this machine, until Ctrl-C."""

import argparse
import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from academy.launch import programs, ready
from academy.launch.account import server_account
from academy.launch.errors import LaunchError, Stopped
from academy.launch.place import Place, write_private
from academy.launch.ports import listen
from academy.launch.processes import processes
from academy.launch.proof import prove
from academy.launch.services import Services
from academy.launch.supervise import Supervisor
from academy.launch.terminal import say

SPACE_MB = 200
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound


@dataclass(kw_only=True, slots=True)
class Site:
    """A site that answers."""

    place: Place
    supervisor: Supervisor
    environment: Mapping[str, str]
    host: str  # to connect to, from here
    port: int
    first_login: str = ""

    @property
    def address(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start the site on this machine; Ctrl-C stops it.")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (0.0.0.0: on every network)")
    parser.add_argument("--port", type=port_number, default=8000, help="0 for any free one")
    parser.add_argument(
        "--check", action="store_true", help="start everything with throw-away data on free ports, prove that it works, stop"
    )
    options = parser.parse_args(arguments)
    if options.check:
        return check()
    with site(Place(), options.host, options.port) as running:
        try:
            welcome(running)
            running.supervisor.forever()
        except Stopped:
            say("\nStopping.")
    return 0


def port_number(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number up to 65535, and this is {text}")
    return int(text)


def check() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="academy-") as directory,
        site(Place(Path(directory)), "127.0.0.1", 0, throwaway=True) as running,
    ):
        prove(running.address, running.supervisor)
    say("Everything works.")
    return 0


@contextmanager
def site(place: Place, host: str, port: int, throwaway: bool = False, application: str = programs.SITE) -> Iterator[Site]:
    """Up for the length of the block. Whatever fails on the way, nothing of it stays."""
    place.local.mkdir(parents=True, exist_ok=True)
    require_space(place.local)
    with place.lock("up") as lock, listen(host, port) as held, processes(lock) as children:
        if throwaway:
            children.remove_at_end(place.local)
        supervisor = Supervisor(children)
        environment = Services(place=place, supervisor=supervisor, throwaway=throwaway).bring_up()
        environment |= hosts(environment, host)
        running = Site(
            place=place, supervisor=supervisor, environment=environment, host=reachable_at(host), port=held.getsockname()[1]
        )  # fmt: skip
        children.remove_at_end(place.env_file)
        names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
        write_private(place.env_file, json.dumps({name: environment[name] for name in names} | {"ADDRESS": running.address}))
        bring_up_to_date(running)
        supervisor.start(programs.acting_worker(place, environment))
        supervisor.start(programs.live_worker(place, environment))
        supervisor.start(programs.background_worker(place, environment))
        supervisor.start(programs.web(place, environment, held.fileno(), application))
        ready.wait_until(supervisor, "The web process", lambda: ready.readyz(running.host, running.port, environment))
        ready.wait_until(supervisor, "The workers", lambda: ready.workers(environment))
        yield running


def require_space(path: Path) -> None:
    free_mb = shutil.disk_usage(path).free // 1_000_000
    if free_mb < SPACE_MB:
        raise LaunchError(f"The site needs {SPACE_MB} MB on the disk of {path}, which has {free_mb} MB free. Free some and start again.")


def bring_up_to_date(running: Site) -> None:
    """Database, course and static files, by `manage.py prepare`: its lines are shown as they come, the link among them at the end."""
    command = [sys.executable, str(running.place.root / "manage.py"), "prepare", "--first-login"]

    def tell(line: str) -> None:
        if line.startswith("/accounts/"):
            running.first_login = line
        else:
            say(line)

    code, said = running.supervisor.processes.run(command, running.environment, running.place.root, tell=tell)
    if code:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        raise LaunchError(f"The site could not be brought up to date; `manage.py prepare` ended with: {' '.join(lines[-1:])}")


def welcome(running: Site) -> None:
    say(f"\nAcademy is at {running.address}/")
    if running.first_login:
        say(f"The instructor's first login, once, by this link: {running.address}{running.first_login}")
    data = running.place.servers(server_account())
    if data != running.place.local:
        say(f"The database is in {data}, since the account that runs it cannot enter {running.place.local}.")
    say(f"Logs are in {running.place.logs}. Ctrl-C stops everything.")


def reachable_at(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def hosts(environment: Mapping[str, str], host: str) -> dict[str, str]:
    """The names this machine answers to, when it serves more than itself and nobody has said which."""
    if environment.get("ALLOWED_HOSTS") or host in ("127.0.0.1", "localhost", "::1"):
        return {}
    names = ["localhost", "127.0.0.1", "[::1]", socket.gethostname(), host, *own_addresses()]
    return {"ALLOWED_HOSTS": ",".join(dict.fromkeys(name for name in names if name not in EVERYWHERE))}


def own_addresses() -> list[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; tells which address would be used
        except OSError:
            return []
        return [probe.getsockname()[0]]
