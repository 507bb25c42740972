"""From the command line to one of: up, test, environment, remove, a Django command."""

import os
import sys

from academy.launch.errors import LaunchError, Stopped
from academy.launch.terminal import complain, say


def main(argv: list[str]) -> int:
    name, rest = (argv[1], argv[2:]) if len(argv) > 1 else ("help", [])
    try:
        if name == "up":
            from academy.launch import up

            return up.main(rest)
        if name == "test":
            from academy.launch import suite

            return suite.main(rest)
        if name == "bench":
            from academy.bench import main as bench

            return bench.main(rest)
        if name == "remove":
            from academy.launch import removal

            return removal.main(rest)
        if name == "environment":
            say(sys.executable)
            return 0
        from academy.launch import command

        return command.run(argv)
    except LaunchError as error:
        complain(f"manage.py {name}: {error}")
        return 1
    except Stopped:
        complain("\nStopped before it was ready.")
        return 130
    except OSError as error:
        if os.environ.get("ACADEMY_TRACEBACK"):
            raise
        complain(f"manage.py {name}: {error.strerror or error}: {error.filename or ''}. {hint(error)}")
        return 1


def hint(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "This checkout's `.local` belongs to another account: run this as that account, or use a checkout of your own."
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "The site needs a directory there: move that file away, or name another directory with ACADEMY_LOCAL."
    if error.errno == 28:
        return "Free some space on that disk and start again."
    return "Set ACADEMY_TRACEBACK=1 to see where it happened."
