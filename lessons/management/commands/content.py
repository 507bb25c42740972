"""`manage.py content validate | import | export | diff`: the course's files and the site."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lessons import embeds, exporting, importing, indexing
from lessons.content import library
from lessons.content.problems import ContentError
from lessons.models import Lesson


class Command(BaseCommand):
    help = "Check the course's files, or take them into the site."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name, text in (
            ("validate", "say what is wrong with the files; change nothing"),
            ("import", "publish files that changed since the last import"),
            ("export", "write what is published into the files"),
            ("diff", "show how the files differ from what is published (exit 1 when they do)"),
        ):
            action = actions.add_parser(name, help=text)
            action.add_argument("--folder", type=Path, default=library.FOLDER, help="where the lessons are (default: lessons/text)")
            if name == "import":
                action.add_argument("--no-posters", action="store_true", help="do not compute the labs' first moments")
                action.add_argument("--strict", action="store_true", help="exit 1 when a file was kept aside, for scripts")
            if name in ("export", "diff"):
                action.add_argument("numbers", nargs="*", metavar="NUMBER", help="lessons, such as 8.5 (default: all)")
            if name == "export":
                action.add_argument("--force", action="store_true", help="overwrite files with texts that the site does not have")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"do_{options['action']}")(options)

    def do_validate(self, options: dict[str, Any]) -> list[library.File]:
        files = self.read(options["folder"])
        found = library.problems(files, embeds.lab_info, importing.anchors_on_site(), importing.questions_on_site())
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
        taken = importing.take(self.do_validate(options))
        for lesson, outcome in taken:
            self.stdout.write(f"{lesson}: {outcome}")
            if outcome == "kept aside":
                self.stdout.write("  The text was edited on the site; the file waits in the admin until somebody chooses.")
        self.stdout.write(f"{indexing.everything()} entries to search.")
        if not options["no_posters"]:
            self.stdout.write(f"{importing.make_posters()} posters ready.")
        waiting = sum(outcome == "kept aside" for _, outcome in taken)
        if waiting and options["strict"]:
            raise CommandError(f"{waiting} of {len(taken)} files were kept aside; all others are published.")

    def do_export(self, options: dict[str, Any]) -> None:
        lessons = self.published(options)
        done = [exporting.export(lesson, options["folder"], force=options["force"]) for lesson in lessons]
        for one in done:
            self.stdout.write(f"{one.path}: {SAID[one.what].format(one.revision)}")
        refused = sum(one.what == "refused" for one in done)
        if refused:
            raise CommandError(
                f"{refused} of {len(done)} files were left alone: they hold changes that were never imported. "
                "Expected: `content import` first, or `--force` to lose them. Example: content diff " + done[0].number
            )

    def do_diff(self, options: dict[str, Any]) -> None:
        differences = [exporting.difference(lesson, options["folder"]) for lesson in self.published(options)]
        for difference in filter(None, differences):
            self.stdout.write(difference, ending="")
        if any(differences):
            sys.exit(1)

    def published(self, options: dict[str, Any]) -> list[Lesson]:
        if not options["folder"].is_dir():
            raise CommandError(f"There is no folder {options['folder']}.")
        try:
            return exporting.published(options["numbers"])
        except exporting.Unknown as error:
            raise CommandError(str(error)) from error


SAID = {
    "written": "revision {} written",
    "unchanged": "revision {} stands there already",
    "overwritten": "revision {} written over a text that was never imported",
    "refused": "left alone, since it differs from what was imported last (published: revision {})",
}
