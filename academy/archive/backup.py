"""The site into a file: every table as it was at one moment, while the site goes on."""

import re
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from academy.archive import file
from academy.archive.file import ArchiveError, Manifest

TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
)
COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
SEQUENCES = """
    SELECT c.table_name, c.column_name, pg_get_serial_sequence(format('public.%I', c.table_name), c.column_name)
    FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace
    WHERE c.table_schema = 'public' AND t.relkind IN ('r', 'p')
      AND pg_get_serial_sequence(format('public.%I', c.table_name), c.column_name) IS NOT NULL
    ORDER BY 1, 2"""


def stamped(what: str) -> str:
    """A name that sorts by time and needs no quotes: `before-upgrade-20270131-094500.academy`."""
    return f"{re.sub(r'[^a-z0-9]+', '-', what.lower())}-{datetime.now(UTC):%Y%m%d-%H%M%S}.academy"


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [name for (name,) in cursor.fetchall()]


def backup(path: Path) -> Manifest:
    """Write the whole site to `path`, which must not exist."""
    if path.exists():
        raise ArchiveError(f"{path} exists already; a backup never overwrites one. Choose another name.")
    if not path.parent.is_dir():
        raise ArchiveError(f"There is no folder {path.parent} for the backup. Make it first.")
    with file.writing(path) as archive, transaction.atomic(), connection.cursor() as cursor:
        # One snapshot for all tables.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        copied = {table: copy_out(cursor, archive, table) for table in tables()}
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        manifest = Manifest(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            postgresql=cursor.connection.info.server_version // 10_000,
            migrations=[list(row) for row in cursor.fetchall()],
            tables=copied,
            sequences=sequences(cursor),
        )
        file.finish(archive, manifest, settings.SECRET_KEY)
    return manifest


def copy_out(cursor, archive, table: str) -> dict:
    cursor.execute(COLUMNS, [f'public."{table}"'])
    columns = [name for (name,) in cursor.fetchall()]
    query = sql.SQL("COPY (SELECT {} FROM public.{}) TO STDOUT").format(names(columns), sql.Identifier(table))
    rows = 0
    with file.write_table(archive, table) as member, cursor.copy(query) as copy:
        for block in copy:
            rows += bytes(block).count(b"\n")  # COPY text writes a line break inside a value as \n, so lines are rows
            member.write(block)
    return {"columns": columns, "rows": rows}


def sequences(cursor) -> dict[str, list]:
    cursor.execute(SEQUENCES)
    found = {}
    for table, column, sequence in cursor.fetchall():
        cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - a name PostgreSQL has quoted itself
        found[f"{table}.{column}"] = list(cursor.fetchone())
    return found


def names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
