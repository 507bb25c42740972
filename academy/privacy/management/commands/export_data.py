"""`manage.py export_data USER [--out FILE]`"""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.privacy import export
from academy.privacy.people import named


class Command(BaseCommand):
    help = "Write everything the site keeps about a person, as far as they may see it, as JSON: the file they get on the page “Your data”."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--out", type=Path, help="the file to write; else standard output")

    def handle(self, *args: Any, username: str, out: Path | None, **options: Any) -> None:
        user = named(username)
        if user is None:
            raise CommandError(f"There is no account named {username!r}.")
        with export.written(user) as file:
            if out is None:
                self.stdout.write(file.read().decode(), ending="")
                return
            try:
                with out.open("xb") as target:
                    shutil.copyfileobj(file, target)
            except OSError as error:
                raise CommandError(f"{out} cannot be written: {error.strerror}. Give the name of a file that is not there yet.") from error
