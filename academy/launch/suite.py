"""`manage.py test [-- ARGUMENTS]`: throw-away servers, a browser, then pytest with those arguments. Its exit code is pytest's."""

import secrets
import sys
import tempfile
from pathlib import Path

from academy.launch.browser import chromium
from academy.launch.errors import LaunchError
from academy.launch.place import ROOT, Place
from academy.launch.processes import processes
from academy.launch.services import Services
from academy.launch.supervise import Supervisor
from academy.launch.up import require_space

USAGE = "usage: manage.py test [-- PYTEST ARGUMENTS]   runs everything in the tree; for example: manage.py test -- labs/engine -k clock -x"


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    if arguments and arguments[0] != "--":
        raise LaunchError(f"Arguments for pytest go after `--`. {USAGE}")
    browser = chromium()
    with tempfile.TemporaryDirectory(prefix="academy-test-") as directory:
        place = Place(Path(directory))
        require_space(place.local)
        with place.lock("test") as lock, processes(lock, interrupt=False) as children:
            children.remove_at_end(place.local)
            environment = Services(place=place, supervisor=Supervisor(children), throwaway=True).bring_up()
            environment |= {
                "SECRET_KEY": secrets.token_urlsafe(50),
                "CHROMIUM": browser,
                # Playwright's loop runs in the main thread, beside Django's own code.
                "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
                "ACADEMY_TEST": "1",
            }
            collect = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--no-input", "--verbosity", "0"]
            code, said = children.run(collect, environment, ROOT)
            if code:
                raise LaunchError(f"Static files could not be collected: {' '.join(said.split()[-60:])}")
            command = [sys.executable, "-m", "pytest", "-p", "academy.launch.pytest_databases", *arguments[1:]]
            return children.foreground(command, environment, ROOT)
