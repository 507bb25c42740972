"""`manage.py content validate | import`: the course's files and the site. Export and diff will stand beside them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lessons import embeds, importing
from lessons.content import library
from lessons.content.problems import ContentError


class Command(BaseCommand):
    help = "Check the course's files, or take them into the site."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name, text in (
            ("validate", "say what is wrong with the files; change nothing"),
            ("import", "publish files that changed since the last import"),
        ):
            action = actions.add_parser(name, help=text)
            action.add_argument("--folder", type=Path, default=library.FOLDER, help="where the lessons are (default: lessons/text)")
            if name == "import":
                action.add_argument("--no-posters", action="store_true", help="do not compute the labs' first moments")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"do_{options['action']}")(options)

    def do_validate(self, options: dict[str, Any]) -> list[library.File]:
        files = self.read(options["folder"])
        found = library.problems(files, embeds.lab_info, importing.anchors_on_site())
        for name, problems in found.items():
            for problem in problems:
                self.stderr.write(f"{name}, {problem}")
        if found:
            count = sum(map(len, found.values()))
            raise CommandError(f"{count} problem{'s' * (count != 1)} in {len(found)} of {len(files)} lessons. Nothing was changed.")
        self.stdout.write(f"{len(files)} lesson{'s' * (len(files) != 1)}, no problems.")
        return files

    def read(self, folder: Path) -> list[library.File]:
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        try:
            return library.read_all(folder)
        except ContentError as error:
            raise CommandError(str(error)) from error

    def do_import(self, options: dict[str, Any]) -> None:
        for lesson, outcome in importing.take(self.do_validate(options)):
            self.stdout.write(f"{lesson}: {outcome}")
            if outcome == "kept aside":
                self.stdout.write("  The text was edited on the site; the file waits in the admin until somebody chooses.")
        if not options["no_posters"]:
            self.stdout.write(f"{importing.make_posters()} posters ready.")
