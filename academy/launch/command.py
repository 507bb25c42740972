"""Every other command is Django's. Those that need servers get them: the running ones, else private ones for the length of the command."""

import os
import sys

from academy.launch.errors import LaunchError
from academy.launch.place import Place
from academy.launch.processes import processes
from academy.launch.services import Services
from academy.launch.supervise import Supervisor

NEEDED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
WITHOUT_SERVERS = {
    "help", "--help", "-h", "version", "--version", "check", "collectstatic", "findstatic", "diffsettings", "startapp",
}  # fmt: skip


def run(argv: list[str]) -> int:
    name = argv[1] if len(argv) > 1 else "help"
    if os.environ.get("ACADEMY_PYTHON") == "system" or all(os.environ.get(needed) for needed in NEEDED):
        return django(argv)
    place = Place()
    if place.locked():
        return join(place, argv)
    place.local.mkdir(parents=True, exist_ok=True)
    if name in WITHOUT_SERVERS:
        os.environ.setdefault("SECRET_KEY", place.secret_key())
        return django(argv)
    with place.lock(name) as lock, processes(lock, interrupt=False) as children:
        environment = Services(place=place, supervisor=Supervisor(children)).bring_up()
        return children.foreground([sys.executable, str(place.root / "manage.py"), *argv[1:]], environment, place.root)


def join(place: Place, argv: list[str]) -> int:
    running = place.running()
    if not running:
        raise LaunchError("The servers of this checkout are just being started or stopped by another command. Try again in a moment.")
    for name in NEEDED:
        os.environ.setdefault(name, running[name])
    return django(argv)


def django(argv: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "academy.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(argv)
    return 0
