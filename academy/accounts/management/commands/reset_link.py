from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.accounts import links
from academy.accounts.models import User
from academy.audit.models import record


class Command(BaseCommand):
    help = "Print a one-time link (valid 3 days) on which the user sets a new password. Hand it over in person or by a channel you trust."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--base", default=settings.ADDRESS, help="address of the site, put before the path: https://academy.example.org"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).order_by("pk").first()
        if user is None:
            raise CommandError(f"There is no user named {options['username']!r}.")
        if user.is_guest or not user.is_active:
            raise CommandError(f"{user.username!r} is a guest or not active, and has no password to set.")
        record(user, "made a one-time password link on the server")
        base = options["base"].rstrip("/")
        self.stdout.write(base + links.reset_path(user))
        if not base:
            self.stderr.write("Put your site's address before it, as in https://academy.example.org/accounts/..., or give it with --base.")
