"""`manage.py restore FILE [--replace]`"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.archive.file import ArchiveError
from academy.archive.load import load
from academy.archive.restore import restore
from academy.launch.place import Place


class Command(BaseCommand):
    help = "Put a backup in the place of the site."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="where the site has content: back that up, then replace it")
        parser.add_argument("--load", action="store_true", help="only load into the empty database of DATABASE_URL")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            if options["load"]:
                load(file)
                return
            if Place().holder() == "up":
                raise CommandError("The site is running. Stop `manage.py up` first: a restore changes what it stands on.")
            manifest = restore(file.absolute(), options["replace"], self.stdout.write)
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored the site of {manifest.made_at}: {len(manifest.tables)} tables, {manifest.rows} rows.")
