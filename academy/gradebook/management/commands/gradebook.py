"""`manage.py gradebook --check`: is every number in the gradebooks what the logs say? `--repost` writes down what attempts come to now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.classes.models import SchoolClass
from academy.classes.words import counted
from academy.gradebook import book, proof

SHOWN_MAX = 200


class Command(BaseCommand):
    help = "Compute every cell of the gradebooks anew from the logs and report each difference. Exit code 1 where there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--check", action="store_true", help="compare and change nothing")
        what.add_argument("--repost", action="store_true", help="post the cells of quizzes anew, then compare")
        parser.add_argument("--class", dest="school_class", type=int, metavar="PK", help="only this class")

    def handle(self, *args: Any, **options: Any) -> None:
        pk = options["school_class"]
        classes = SchoolClass.objects.order_by("pk") if pk is None else SchoolClass.objects.filter(pk=pk)
        if pk is not None and not classes:
            raise CommandError(f"There is no class {pk}. Its number is in the address of its page: /classes/{pk}/.")
        cells = events = 0
        differences: list[proof.Difference] = []
        for school_class in classes:
            if options["repost"]:
                self.repost(school_class)
            found = proof.of_class(school_class)
            cells, events, differences = cells + found.cells, events + found.events, differences + found.differences
        for one in differences[:SHOWN_MAX]:
            self.stdout.write(str(one))
        self.stdout.write(f"{len(classes)} classes, {cells} cells, {events} events, {len(differences)} differences.")
        if differences:
            raise CommandError(f"{len(differences)} differences. --repost writes down what attempts come to by the rules there are now.")

    def repost(self, school_class: SchoolClass) -> None:
        changed = sum(book.repost(column.schedule) for column in school_class.columns.select_related("schedule") if column.schedule)
        self.stdout.write(f"{school_class}: {counted(changed, 'cell was', 'cells were')} posted anew.")
