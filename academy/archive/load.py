"""An archive into an empty database: migrate to where the archive was made, copy the rows in, then migrate on to this version."""

import zipfile
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from academy.archive import file
from academy.archive.backup import COLUMNS, names, tables
from academy.archive.file import ArchiveError, Manifest

BLOCK_BYTES = 1 << 20


def check_known(manifest: Manifest) -> None:
    """Every migration the archive was made under is one this version has."""
    loader = MigrationExecutor(None).loader
    replaced = {tuple(name) for migration in loader.disk_migrations.values() for name in migration.replaces}
    known = set(loader.disk_migrations) | replaced
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise ArchiveError(
            f"The backup was made by another version of Academy: this one does not know {', '.join(unknown[:3])}"
            f"{' and more' if len(unknown) > 3 else ''}. Update this checkout to the version that made it, or a newer one."
        )


def load(path: Path) -> None:
    with file.reading(path) as (archive, manifest):
        check_known(manifest)
        if tables():
            raise ArchiveError("The database to load into is not empty.")
        migrate_to(manifest)
        fill(archive, manifest)
    call_command("migrate", interactive=False, verbosity=0)


def migrate_to(manifest: Manifest) -> None:
    executor = MigrationExecutor(connection)
    applied = {(app, name) for app, name in manifest.migrations} & set(executor.loader.graph.nodes)
    followed = {(parent.key, child.key) for child in map(executor.loader.graph.node_map.get, applied) for parent in child.parents}
    last = [node for node in applied if not any(parent == node and child[0] == node[0] for parent, child in followed)]
    executor.migrate(sorted(last))


def fill(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    here = set(tables())
    if here != set(manifest.tables):
        different = ", ".join(sorted(here ^ set(manifest.tables)))
        raise ArchiveError(f"The backup's tables are not those its migrations make: {different} is on one side only.")
    with transaction.atomic(), connection.cursor() as cursor:
        # Rows that migrations put there are in the archive too. Foreign keys are checked at the end of the transaction.
        cursor.execute(sql.SQL("TRUNCATE {}").format(names(sorted(here))))
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table, content in manifest.tables.items():
            copy_in(cursor, archive, table, content)
        for name, (last_value, is_called) in manifest.sequences.items():
            table, _, column = name.rpartition(".")
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", [f'public."{table}"', column, last_value, is_called])


def copy_in(cursor, archive: zipfile.ZipFile, table: str, content: dict) -> None:
    cursor.execute(COLUMNS, [f'public."{table}"'])
    columns = {name for (name,) in cursor.fetchall()}
    if columns != set(content["columns"]):
        raise ArchiveError(f"The table {table} has the columns {sorted(columns)} here and {sorted(content['columns'])} in the backup.")
    query = sql.SQL("COPY public.{} ({}) FROM STDIN").format(sql.Identifier(table), names(content["columns"]))
    with archive.open(file.member(table)) as member, cursor.copy(query) as copy:
        while block := member.read(BLOCK_BYTES):
            copy.write(block)
    if cursor.rowcount != content["rows"]:
        raise ArchiveError(f"The table {table} has {cursor.rowcount} rows in the backup; its manifest says {content['rows']}.")
