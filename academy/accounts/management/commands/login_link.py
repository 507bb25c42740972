from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.accounts import links


class Command(BaseCommand):
    help = "Print the path of a one-time page that logs the first instructor in. Prints nothing once a member of staff has ever logged in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--first-instructor", action="store_true", help="the only kind there is; named so that nobody makes one by accident"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["first_instructor"]:
            raise CommandError("Say which: login_link --first-instructor. For anyone else use reset_link USERNAME.")
        path = links.first_login_path()
        if path:
            self.stdout.write(path)
