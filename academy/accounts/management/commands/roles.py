from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from academy.accounts import roles


class Command(BaseCommand):
    help = "Show which rights the groups of the site lack against the table of roles, as they do after an upgrade that brings new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--add", action="store_true", help="give the groups what they lack; nothing is taken away")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in sorted(group for group, _ in roles.ROLES.values() if group):
            lacks = [f"{one.content_type.app_label}.{one.codename}" for one in roles.missing(name)]
            if lacks and options["add"]:
                roles.give(name)
            said = "has been given" if options["add"] else "lacks"
            self.stdout.write(f"{name} {said} {', '.join(lacks)}" if lacks else f"{name} has all its rights")
