"""Servers that the environment names (DATABASE_URL, REDIS_URL): asked once, before anything starts, so that a wrong one is one sentence."""

from urllib.parse import urlsplit

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from academy.launch.errors import LaunchError
from academy.launch.software import POSTGRESQL_MAJOR_MIN

ANSWER_S = 5
CURE = "Correct it, start that server, or unset it to have a private one."


def shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":...@") if parts.password else url


def check_database(url: str) -> None:
    expected = "postgresql://user:password@host:5432/database"
    if urlsplit(url).scheme not in ("postgres", "postgresql") or not urlsplit(url).path.strip("/"):
        raise LaunchError(f"DATABASE_URL should look like {expected}, and is {shown(url)}. {CURE}")
    try:
        with psycopg.connect(url, connect_timeout=ANSWER_S) as server:
            version = server.info.server_version // 10_000
    except psycopg.Error as error:
        reason = " ".join(str(error).split()).rstrip(".?")
        raise LaunchError(f"DATABASE_URL names {shown(url)}, which cannot be used: {reason}. {CURE}") from None
    if version < POSTGRESQL_MAJOR_MIN:
        raise LaunchError(
            f"DATABASE_URL names a PostgreSQL {version}; {POSTGRESQL_MAJOR_MIN} or newer is needed. Use another, or unset it."
        )


def check_redis(url: str) -> None:
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise LaunchError(f"REDIS_URL should look like redis://:password@host:6379, and is {shown(url)}. {CURE}")
    try:
        with redis.Redis.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S, retry=Retry(NoBackoff(), 0)) as client:
            client.ping()
            policy = client.info("memory").get("maxmemory_policy", "noeviction")
            bounded = client.info("memory").get("maxmemory", 0)
    except (redis.RedisError, OSError, ValueError) as error:
        raise LaunchError(f"REDIS_URL names {shown(url)}, which cannot be used: {str(error).rstrip('.')}. {CURE}") from None
    if bounded and policy != "noeviction":
        raise LaunchError(
            f"The Redis at {shown(url)} may evict queues (maxmemory-policy {policy}). Change it: CONFIG SET maxmemory-policy noeviction"
        )
