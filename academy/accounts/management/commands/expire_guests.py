from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from academy.accounts import guests


class Command(BaseCommand):
    help = "Delete guests (with their runs) that have not been here for a while."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=guests.IDLE_DAYS, help=f"idle for more than this many days (default {guests.IDLE_DAYS})"
        )
        parser.add_argument("--dry-run", action="store_true", help="count them, delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            self.stderr.write("--days must be 1 or more.")
            raise SystemExit(1)
        if options["dry_run"]:
            self.stdout.write(f"{guests.idle_guests(options['days']).count()} guests would be deleted.")
            return
        self.stdout.write(f"{guests.expire_guests(options['days'])} guests deleted.")
