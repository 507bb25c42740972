"""`manage.py backup FILE`"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.archive.backup import backup, stamped
from academy.archive.file import ArchiveError
from academy.launch.place import Place


class Command(BaseCommand):
    help = "Write the whole site (database and secret key) into one file. The site may go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: a name with the time, in .local/backups")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        if file is None:
            file = Place().backups / stamped("backup")
            file.parent.mkdir(parents=True, exist_ok=True)
        try:
            manifest = backup(file.absolute())
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The backup could not be written: {error.strerror}: {error.filename or file}") from error
        self.stdout.write(f"{file}: {len(manifest.tables)} tables, {manifest.rows} rows, {file.stat().st_size:,} bytes. Keep it private.")
