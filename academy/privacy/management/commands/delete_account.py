"""`manage.py delete_account USER [--yes]`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.accounts.models import User
from academy.classes.words import counted
from academy.privacy import erasure
from academy.privacy.people import named


class Command(BaseCommand):
    help = "Say what deleting an account would do; with --yes do it. Again for the same name it changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--yes", action="store_true", help="delete it")

    def handle(self, *args: Any, username: str, yes: bool, **options: Any) -> None:
        user = named(username)
        if user is None:
            self.stdout.write(f"There is no account named {username!r}. Nothing was done.")
            return
        if not yes:
            self.tell(user, erasure.plan(user))
            return
        try:
            name = erasure.erase(user.pk, "deleted the account on the server")
        except erasure.Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{username} is deleted." + (f" What classes keep stands under {name!r}." if name else ""))

    def tell(self, user: User, plan: erasure.Plan) -> None:
        for reason in plan.refused:
            self.stdout.write(f"Not now: {reason}")
        runs, practice = counted(plan.runs, "run"), counted(plan.practice, "attempt")
        self.stdout.write(f"Deleted would be: the account {user.username!r}, {runs}, {practice} at practice,")
        self.stdout.write(f"{counted(plan.running, 'attempt')} in classes not handed in, progress, drafts, sessions.")
        for one in plan.kept:
            kept = f"{counted(one.attempts, 'attempt')} handed in, {counted(one.marks, 'column')} of the gradebook"
            self.stdout.write(f"Kept without the name for {one.school_class}: {kept}.")
        if not plan.refused:
            self.stdout.write("To do it, say it again with --yes.")
