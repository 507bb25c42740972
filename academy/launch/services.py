"""The servers the site stands on: those the environment names, private ones for the rest."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from academy.launch import given
from academy.launch.account import server_account
from academy.launch.own_postgresql import OwnPostgreSQL
from academy.launch.own_redis import OwnRedis
from academy.launch.place import Place
from academy.launch.processes import Processes
from academy.launch.supervise import Supervisor


@dataclass(kw_only=True, slots=True)
class Services:
    place: Place
    supervisor: Supervisor
    asked: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    throwaway: bool = False  # ignore what the environment names: nothing of the site itself may be touched

    def bring_up(self) -> dict[str, str]:
        """The environment for every process of the site."""
        processes: Processes = self.supervisor.processes
        account = server_account()
        self.place.prepare(account)
        found = {} if self.throwaway else {name: self.asked[name] for name in ("DATABASE_URL", "REDIS_URL") if self.asked.get(name)}
        if "DATABASE_URL" in found:
            given.check_database(found["DATABASE_URL"])
        if "REDIS_URL" in found:
            given.check_redis(found["REDIS_URL"])
        if "DATABASE_URL" not in found:
            own = OwnPostgreSQL(place=self.place, account=account, processes=processes, throwaway=self.throwaway)
            program, child, found["DATABASE_URL"] = own.bring_up()
            self.supervisor.adopt(program, child)
        if "REDIS_URL" not in found:
            program, child, found["REDIS_URL"] = OwnRedis(place=self.place, account=account, processes=processes).bring_up()
            self.supervisor.adopt(program, child)
        return self.environment(found)

    def environment(self, found: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in self.asked.items() if not (self.throwaway and name.startswith("REDIS_"))}
        key = "" if self.throwaway else kept.get("SECRET_KEY", "")
        return kept | dict(found) | {
            "SECRET_KEY": key or self.place.secret_key(),
            "ACADEMY_LOCAL": str(self.place.local),
            "DJANGO_SETTINGS_MODULE": "academy.settings",
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
