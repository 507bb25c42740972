"""Is the site ready? Asked by whatever starts it or sends it traffic, so it answers within seconds even when a server hangs."""

import logging
from collections.abc import Callable
from functools import lru_cache

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

logger = logging.getLogger(__name__)
SECONDS_MAX = 2


def readiness() -> dict[str, str]:
    """Each part with "ok" or what is wrong, in words that give away no address and no password."""
    return {name: verdict(name, check) for name, check in CHECKS.items()}


def verdict(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except (psycopg.Error, redis.RedisError, OSError) as error:
        logger.warning("not ready: %s: %s", name, error)
        return "does not answer"


def database() -> str:
    with database_connection() as db:
        db.execute("SELECT 1")
    return "ok"


def migrations() -> str:
    with database_connection() as db:
        if db.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return "none applied; run manage.py migrate"
        applied = set(db.execute("SELECT app, name FROM django_migrations").fetchall())
    missing = len(known_migrations() - applied)
    return f"{missing} not applied; run manage.py migrate" if missing else "ok"


def database_connection() -> psycopg.Connection:
    """A connection of its own: the pool's would wait ten seconds for a server that is down."""
    params = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        params.pop(name, None)
    return psycopg.connect(**params, connect_timeout=SECONDS_MAX, autocommit=True)


@lru_cache(maxsize=1)
def known_migrations() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(key for key, migration in loader.disk_migrations.items() if not migration.replaces)


def broker() -> str:
    return ping(settings.REDIS_BROKER_URL)


def chunks() -> str:
    return ping(settings.REDIS_CHUNKS_URL)


def ping(url: str) -> str:
    with redis.Redis.from_url(url, socket_connect_timeout=SECONDS_MAX, socket_timeout=SECONDS_MAX, retry=None) as client:
        client.ping()
    return "ok"


CHECKS: dict[str, Callable[[], str]] = {"postgresql": database, "migrations": migrations, "redis broker": broker, "redis chunks": chunks}
