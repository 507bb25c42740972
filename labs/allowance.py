"""How much one user may ask of the workers, counted in Redis across all web processes."""

from __future__ import annotations

import contextlib
import time
import uuid

from redis.exceptions import RedisError

from labs import stream
from labs.runs import Refused

COMMANDS_PER_MINUTE_MAX = 240
LIVE_RUNS_MAX = 12
LIVE_SECONDS = 60  # a run is live while its players asked for more within this time

ERRANDS_MAX = 2  # of one kind, for one user, at the same time
ERRAND_SECONDS = 30  # after which one whose end nobody told of no longer counts

# Of a set of names with times: adds one, or renews it, where fewer than so many are younger than so long.
ENTER = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


def take_command(user_id: int) -> None:
    """Count one command. Raises Refused where there were too many in this minute; where Redis is away nobody counts."""
    key = f"allowance:{user_id}:commands:{int(time.time()) // 60}"
    pipe = stream.connection().pipeline(transaction=False)
    pipe.incr(key)
    pipe.expire(key, 120)
    try:
        taken = pipe.execute()[0]
    except RedisError:
        return
    if taken > COMMANDS_PER_MINUTE_MAX:
        raise Refused("limit", f"More than {COMMANDS_PER_MINUTE_MAX} commands in a minute. Wait a little, then go on; nothing was lost.")


def keep_live(owner_id: int, run: uuid.UUID) -> None:
    """This run of the owner's is being played. Raises Refused where too many others are."""
    now = time.time()
    args = [now, now - LIVE_SECONDS, str(run), LIVE_RUNS_MAX, 2 * LIVE_SECONDS]
    if not stream.script(ENTER)(keys=[f"allowance:{owner_id}:live"], args=args):
        raise Refused(
            "limit", f"{LIVE_RUNS_MAX} of your runs are playing at once, which is the limit. Pause or close one, then go on here."
        )


def begin_errand(owner_id: int, kind: str, token: str) -> bool:
    """Whether workers may do one more thing of this kind for this owner alone. The player asks again by itself."""
    now = time.time()
    args = [now, now - ERRAND_SECONDS, token, ERRANDS_MAX, 2 * ERRAND_SECONDS]
    return bool(stream.script(ENTER)(keys=[f"allowance:{owner_id}:{kind}"], args=args))


def end_errand(owner_id: int, kind: str, token: str) -> None:
    with contextlib.suppress(RedisError):
        stream.connection().zrem(f"allowance:{owner_id}:{kind}", token)
