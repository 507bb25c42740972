"""An archive in place of the site: loaded into a database of its own first, then the names are swapped in one transaction.

Until the swap nothing of the site has changed; after it nothing of the old one is in use. Redis is emptied: streams and queues of the old
site mean nothing to the restored one, and all of it can be computed again.
"""

import os
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.db import connection
from psycopg import sql

from academy.archive import file, load
from academy.archive.backup import backup, stamped, tables
from academy.archive.file import ArchiveError, Manifest
from academy.launch.place import Place, write_private


def restore(path: Path, replace: bool, say) -> Manifest:
    with file.reading(path) as (archive, manifest):
        load.check_known(manifest)
        secret_key = archive.read("secret_key").decode()
    full = bool(tables())
    if full and not replace:
        raise ArchiveError(
            "This site has content already. Say `restore FILE --replace` to put the backup in its place; it is backed up first."
        )
    if full:
        kept = Place().backups / stamped("replaced")
        kept.parent.mkdir(parents=True, exist_ok=True)
        backup(kept)
        say(f"What was there is in {kept}")
    exchange(path)
    for url in {settings.REDIS_BROKER_URL, settings.REDIS_CHUNKS_URL, settings.REDIS_LAYER_URL}:
        with redis.Redis.from_url(url) as client:
            client.flushdb()
    keep_secret_key(secret_key, say)
    return manifest


def exchange(path: Path) -> None:
    url = os.environ["DATABASE_URL"]
    site = urlsplit(url).path.strip("/")
    fresh = f"{site}_{secrets.token_hex(4)}"
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with maintenance(url) as server:
        try:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(fresh)))
        except psycopg.errors.InsufficientPrivilege:
            raise ArchiveError(
                f"A restore makes a database, which this account may not: ALTER ROLE {urlsplit(url).username} CREATEDB"
            ) from None
        try:
            load_into(urlsplit(url)._replace(path=f"/{fresh}").geturl(), path)
            swap(server, site, fresh)
        except BaseException:
            drop(server, fresh)
            raise
        drop(server, f"{fresh}_old")


def load_into(url: str, path: Path) -> None:
    """In a process of its own: migrations then know no other database than the fresh one."""
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "restore", str(path), "--load"]
    loaded = subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True)  # noqa: S603
    if loaded.returncode:
        lines = [line for line in loaded.stderr.splitlines() if line.strip()]
        raise ArchiveError(f"The backup could not be loaded; the site is as it was. {''.join(lines[-1:]).removeprefix('CommandError: ')}")


def swap(server: psycopg.Connection, site: str, fresh: str) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    old, new = sql.Identifier(site), sql.Identifier(fresh)
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(old))
    try:
        server.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = ANY(%s)", [[site, fresh]])
        with server.transaction():
            server.execute(rename.format(old, sql.Identifier(f"{fresh}_old")))
            server.execute(rename.format(new, old))
    except BaseException:
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(old))
        raise


def drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def maintenance(url: str) -> psycopg.Connection:
    """A connection beside the site's database, which is about to change its name."""
    for name in ("postgres", "template1"):
        with suppress(psycopg.OperationalError):
            return psycopg.connect(urlsplit(url)._replace(path=f"/{name}").geturl(), autocommit=True, connect_timeout=10)
    raise ArchiveError("A restore needs a database beside the site's own, and neither `postgres` nor `template1` can be connected to.")


def keep_secret_key(secret_key: str, say) -> None:
    place = Place()
    if secret_key == settings.SECRET_KEY:
        return
    if place.secret_key_file.exists() and place.secret_key() == settings.SECRET_KEY:
        write_private(place.secret_key_file, secret_key + "\n")
    else:
        say("SECRET_KEY is set in the environment and differs from the backup's: everyone logs in again, and links made before are void.")
