"""`manage.py prepare`: database, course and static files as this version wants them. `up` and the containers run it before they serve."""

import hashlib
import io
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from academy.archive.backup import backup, stamped
from academy.archive.file import ArchiveError
from academy.launch.place import Place

LOCK = 8_180_431  # any number, the same for every process of the site


class Command(BaseCommand):
    help = "Bring the database, the course and the static files up to date. An upgrade backs up existing data first and names the backup."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-static", action="store_true", help="static files were collected when the image was made")
        parser.add_argument(
            "--first-login", action="store_true", help="print the path of the instructor's first login, if nobody has used it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with alone():
            self.migrate()
            call_command("content", "import", stdout=self.stdout)
        if not options["without_static"]:
            self.collect()
        if options["first_login"]:
            call_command("login_link", "--first-instructor", stdout=self.stdout)

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            return
        if executor.loader.applied_migrations:
            folder = Place().backups
            folder.mkdir(parents=True, exist_ok=True)
            kept = folder / stamped("before-upgrade")
            try:
                backup(kept)
            except (ArchiveError, OSError) as error:
                raise CommandError(
                    f"The database needs an upgrade, and the backup before it failed, so nothing was changed: {error}"
                ) from error
            self.stdout.write(f"Upgrading the database. What it was is in {kept}")
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"Database: {len(plan)} migrations applied.")

    def collect(self) -> None:
        """Only when a source changed: hashing and compressing everything takes longer than the rest of a start."""
        stamp = Path(settings.STATIC_ROOT).with_suffix(".collected")
        wanted = fingerprint()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        try:
            call_command("collectstatic", interactive=False, verbosity=0, clear=True, stderr=io.StringIO())
        except (ValueError, OSError) as error:  # a file that names one that is not there; a disk that is full
            raise CommandError(f"Static files could not be collected: {' '.join(str(error).split())}") from error
        stamp.write_text(wanted)
        self.stdout.write("Static files collected.")


def fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@contextmanager
def alone():
    """One process of the site at a time: several containers may start at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
