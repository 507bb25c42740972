"""`manage.py concepts`: what each concept has, section, labs and questions, and what the course lacks. It reads the course's files."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labs import catalog
from lessons.content import concepts, coverage, library
from lessons.content.problems import ContentError


class Command(BaseCommand):
    help = "The concepts of the course: where each is taught and seen, what is missing, what is owed."

    def add_arguments(self, parser: CommandParser) -> None:
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--json", action="store_true", help="for each slug: lesson, section, labs, questions")
        way.add_argument("--check", action="store_true", help="say what is wrong, and fail if anything is")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            texts = {file.number: file.text for file in library.read_all()}
            rows = coverage.rows(concepts.every(), texts, catalog.slugs())
            problems = coverage.problems(concepts.every(), texts, catalog.slugs())
        except (concepts.ConceptError, ContentError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({row.concept.slug: plain(row) for row in rows}, indent=2))
        elif options["check"]:
            self.check_all(problems)
        else:
            self.tell(rows, problems)

    def check_all(self, problems: list[str]) -> None:
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problem{'s' * (len(problems) != 1)}.")
        self.stdout.write(f"{len(concepts.every())} concepts, no problems.")

    def tell(self, rows: list[coverage.Row], problems: list[str]) -> None:
        wide = max((len(row.concept.slug) for row in rows), default=0)
        for row in rows:
            section = row.concept.section if row.heading is not None else f"({row.concept.section}: missing)"
            labs = ", ".join([*row.labs, *(f"({lab}: not in the lesson)" for lab in row.absent), *(f"({lab}: owed)" for lab in row.owed)])
            self.stdout.write(f"{row.concept.lesson:5} {row.concept.slug:{wide}}  {section:24}  {len(row.questions):2} q  {labs}".rstrip())
        owed = sorted({lab for row in rows for lab in row.owed})
        self.stdout.write(f"\n{len(rows)} concepts. Labs owed: {', '.join(owed) or 'none'}.")
        for problem in problems:
            self.stdout.write(problem)
        self.stdout.write(f"{len(problems)} problem{'s' * (len(problems) != 1)}.")


def plain(row: coverage.Row) -> dict[str, Any]:
    return {
        "lesson": row.concept.lesson,
        "section": row.concept.section if row.heading is not None else None,
        "labs": list(row.labs),
        "questions": list(row.questions),
    }
