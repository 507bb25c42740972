import json
from argparse import RawDescriptionHelpFormatter
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.insight import marks_csv, statistics

DIGITS = 10  # after the point, of what is printed
HELP = f"""
Statistics of a test from a table of marks, as JSON.

FILE is CSV in UTF-8 (commas, semicolons or tabs): a row for each student, a column for each item. The first row has the items as name:max.
  q1:1,q2:2.5
  1,2
  0.5,
A first column called student, name, username, email or id may stand before the items; it is passed over.
A blank mark counts as 0, as in Moodle: who did not answer got nothing. Lines that are wholly blank are no students.
Every mark is a number from 0 to the item's maximum. At most {marks_csv.STUDENTS_MAX} students and {marks_csv.ITEMS_MAX} items.

Printed: items (name, n, facility, sd, item_rest, efficiency, weight) in the order of the file, and test (n, alpha, sem).
  facility     mean / maximum, 0 to 1
  sd           in points, as sem; all variances divide by n - 1
  item_rest    correlation of the item with the total of all others
  efficiency   cov(x, rest) / cov(sorted x, sorted rest)
  weight       sqrt(cov(x, total)) / the sum of the same, 0 to 1, together 1; an item with a negative covariance weighs 0
  alpha        Cronbach's; sem = sd of the totals * sqrt(1 - alpha)
Computed exactly and rounded to {DIGITS} decimals. What is not defined (no variance, one item, one student) is null.
"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks: list[str] = []  # needs no site
    requires_migrations_checks = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a CSV file of marks")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            table = marks_csv.read(content(Path(options["file"])))
        except marks_csv.Unreadable as error:
            raise CommandError(f"{options['file']}: {error}") from error
        self.stdout.write(json.dumps(report(table), indent=2, ensure_ascii=False))


def content(path: Path) -> bytes:
    """As much of the file as may be read, and a byte more."""
    try:
        with path.open("rb") as file:
            return file.read(marks_csv.BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"{path}: expected a CSV file that can be read, got: {why}.") from error


def report(table: marks_csv.Table) -> dict[str, Any]:
    items = statistics.of_items(table.columns, [most * table.n for most in table.maxima])
    test = statistics.of_test(table.columns)
    return {
        "items": [
            {
                "name": name, "n": one.n, "facility": plain(one.facility), "sd": plain(one.sd), "item_rest": plain(one.item_rest),
                "efficiency": plain(one.efficiency), "weight": plain(one.weight),
            }
            for name, one in zip(table.names, items, strict=True)
        ],
        "test": {"n": test.n, "alpha": plain(test.alpha), "sem": plain(test.sem)},
    }  # fmt: skip


def plain(value: Decimal | None) -> float | None:
    """A number of JSON, which has no others."""
    return None if value is None else float(round(value, DIGITS)) + 0.0  # no -0.0
