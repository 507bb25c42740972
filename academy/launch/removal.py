"""`manage.py remove`: all that the site keeps on this machine, deleted for good. Without `--yes` it only says what that is."""

import argparse
import shutil
from pathlib import Path

from academy.launch import place as places
from academy.launch.place import Place
from academy.launch.terminal import say


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py remove", description="Delete all that the site keeps on this machine.")
    parser.add_argument("--yes", action="store_true", help="do it; without this, only say what would be deleted")
    options = parser.parse_args(arguments)
    place = Place()
    if not place.local.is_dir():
        say(f"There is nothing to delete: no {place.local}.")
        return 0
    with place.lock("remove"):
        for folder in belongings(place):
            say(f"{'Deleting' if options.yes else 'Would delete'} {folder}")
            if options.yes:
                shutil.rmtree(folder)
    if options.yes:
        say(f"What is left is this folder, {place.root}, with its .venv.")
    else:
        say("Nothing was deleted. To delete it all, the backups too: python3 manage.py remove --yes")
    return 0


def belongings(place: Place) -> list[Path]:
    """The servers' files where they are elsewhere, then the rest. A note that names some other folder is not believed."""
    elsewhere = place.elsewhere()
    return [*([elsewhere] if elsewhere and elsewhere.parent == places.ELSEWHERE and elsewhere.is_dir() else []), place.local]
