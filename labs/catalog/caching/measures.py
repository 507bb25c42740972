"""What can be asked of a small caching run, one whose every request is shown, and what is shown for it.

Requests that overlap would leave the order of things to microseconds nobody sees, so runs in which they do give no answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from labs.catalog.caching.content import Content
from labs.catalog.caching.invariants import caches, database
from labs.catalog.caching.messages import MISS, Get, GetReply, Read, ReadReply
from labs.catalog.caching.settings import DATABASE
from labs.engine.events import FaultEvent, MessageEvent, OperationEvent
from labs.engine.measures import Given, Measure, Measured, Moment, Table, Unclear, listed, milliseconds, seconds

REQUESTS = (8, 20)  # so many are enough to think about, and not too many
CLOSE_US = 20_000  # what lies closer to a border than this could fall on either side of it
PER_ROW = 6
AFTER_US = 150_000  # so long after the first value is back, arrivals are shown


def only_cache(moment: Moment) -> Content:
    if moment.simulation.flows is not None:
        raise Unclear("Not every request is shown: let there be fewer than 20 a second.")
    found = caches(moment.simulation)
    if len(found) != 1:
        raise Unclear("There is more than one cache node.")
    return found[0][1]


def operations(moment: Moment) -> list[tuple[OperationEvent, OperationEvent | None]]:
    """Every request so far with how it ended, in order. Raises Unclear where one began before the last had ended, or hardly later."""
    only_cache(moment)
    begun: dict[int, tuple[OperationEvent, OperationEvent | None]] = {}
    for event in moment.events:
        if isinstance(event, OperationEvent):
            begun[event.operation] = (event, None) if event.type == "invoke" else (begun[event.operation][0], event)
    found = list(begun.values())
    for (_, ended), (following, _) in pairwise(found):
        if ended is None or following.t_us - ended.t_us < CLOSE_US // 10:
            raise Unclear("Two requests overlap.")
    if not found or found[-1][1] is None:
        raise Unclear("A request is still under way.")
    return found


def few(found: list[tuple[OperationEvent, OperationEvent | None]]) -> None:
    low, high = REQUESTS
    if not low <= len(found) <= high:
        raise Unclear(f"{len(found)} requests are too few or too many to think about.")


def reads_only(moment: Moment) -> list[OperationEvent]:
    found = operations(moment)
    few(found)
    if any(begun.f != "read" for begun, _ in found):
        raise Unclear("There are writes among the requests.")
    return [begun for begun, _ in found]


def last_fault_us(moment: Moment) -> int:
    """When something was last done to the run; 0 where nothing was."""
    return max((event.t_us for event in moment.events if isinstance(event, FaultEvent)), default=0)


def bodies(moment: Moment, kind: type, since_us: int = 0) -> Iterator[MessageEvent]:
    return (e for e in moment.events if isinstance(e, MessageEvent) and isinstance(e.body, kind) and e.t_us >= since_us)


# Measures


def hits(moment: Moment) -> Measured:
    asked, found = reads_only(moment), only_cache(moment).memory.hits
    missed = {event.body.trace for event in bodies(moment, GetReply) if event.body.status == MISS}
    answered = [str(number) for number, event in enumerate(asked, 1) if event.operation not in missed]
    if not 0 < found < len(asked):
        raise Unclear("All reads were alike.")
    return Measured(value=str(found), why=f"Answered from the cache: {'numbers' if found > 1 else 'number'} {listed(answered)}.")


def next_out(moment: Moment) -> Measured:
    policy, asked = only_cache(moment).policy, reads_only(moment)
    inside = sorted(policy.sizes)
    if len({event.key for event in asked}) <= len(inside) or policy.used < policy.capacity:
        raise Unclear("Nothing had to be evicted yet.")
    key = next(policy.order())
    return Measured(value=key, why=f"The cache holds {listed(inside)}, and {key} would go next.", options=tuple(inside))


def database_reads(moment: Moment) -> Measured:
    """Reads that were sent to the database since something was last done to the run."""
    only_cache(moment)
    since_us = last_fault_us(moment)
    asked = list(bodies(moment, Get, since_us))
    sent = [event for event in bodies(moment, Read, since_us) if event.dst == DATABASE]
    if not asked:
        raise Unclear("Nothing was read.")
    return Measured(value=str(len(sent)), why=f"Of {len(asked)} reads, {len(sent)} went on to the database.")


def stale_reads(moment: Moment) -> Measured:
    """Reads that gave out another value than the newest acknowledged one."""
    found, newest, stale, fetched_us = operations(moment), 0, [], 0
    few(found)
    ttl_us = moment.simulation.parameters["ttl_ms"] * 1000
    missed = {event.body.trace for event in bodies(moment, GetReply) if event.body.status == MISS}
    for number, (begun, ended) in enumerate(found, 1):
        if ended is None or ended.type != "ok":
            raise Unclear("A request failed.")
        if begun.f == "write":
            newest = ended.value
            continue
        if fetched_us and abs(begun.t_us - fetched_us - ttl_us) < CLOSE_US:
            raise Unclear("A read came at the very moment in which the value expired.")
        if begun.operation in missed:
            fetched_us = begun.t_us
        if ended.value < newest:
            stale.append(str(number))
    words = (
        f"{'Numbers' if len(stale) > 1 else 'Number'} {listed(stale)} gave out an old value."
        if stale
        else "Every read gave out the newest value."
    )
    return Measured(value=str(len(stale)), why=words)


def lost_writes(moment: Moment) -> Measured:
    """Keys whose newest acknowledged write stands neither in the database nor with a cache node, in memory or on disk."""
    newest: dict[str, int] = {}
    for begun, ended in written(moment):
        newest[begun.key] = ended.value
    node, base = only_cache(moment), database(moment.simulation)
    held = {key: max(base.version(key), node.memory.dirty.get(key, 0), node.disk.journal.get(key, 0)) for key in newest}
    lost = sorted(key for key, version in newest.items() if held[key] < version)
    words = (
        f"Nobody has the newest value of {listed(lost)} any more."
        if lost
        else "Every acknowledged write is in the database, or on its way there."
    )
    return Measured(value=str(len(lost)), why=words)


def written(moment: Moment) -> list[tuple[OperationEvent, OperationEvent]]:
    """The acknowledged writes before the last fault. Raises Unclear where one lies close to a flush or to the fault."""
    only_cache(moment)
    until_us, flush_us = last_fault_us(moment) or moment.at_us, moment.simulation.parameters["flush_ms"] * 1000
    begun = {event.operation: event for event in moment.events if isinstance(event, OperationEvent) and event.type == "invoke"}
    ended = [event for event in moment.events if isinstance(event, OperationEvent) and event.type == "ok" and event.f == "write"]
    found = [(begun[event.operation], event) for event in ended if begun[event.operation].t_us < until_us]
    for one, _ in found:
        since_flush_us = one.t_us % flush_us
        if min(since_flush_us, flush_us - since_flush_us, until_us - one.t_us) < CLOSE_US:
            raise Unclear("A write came at the very moment of a flush.")
    return found


# Givens


def requests(moment: Moment) -> Table:
    """The keys asked for, in order, six in a row."""
    asked = [event.key for event in reads_only(moment)]
    rows = []
    for first in range(0, len(asked), PER_ROW):
        part = asked[first : first + PER_ROW]
        rows.append((f"{first + 1} to {first + len(part)}" if len(part) > 1 else str(first + 1), ", ".join(part)))
    return Table(title=f"The {len(asked)} requests", columns=("Number", "Key"), rows=tuple(rows))


def timeline(moment: Moment) -> Table:
    """Every request with its moment: reads and writes of one key."""
    found = operations(moment)
    few(found)
    if len({begun.key for begun, _ in found}) > 1:
        raise Unclear("More than one key is asked for.")
    rows = tuple((str(number), seconds(begun.t_us), begun.f) for number, (begun, _) in enumerate(found, 1))
    return Table(title=f"All requests, for the key {found[0][0].key}", columns=("Number", "At", "Request"), rows=rows)


def arrivals(moment: Moment) -> Table:
    """After the last thing that was done to the run: when reads reached the cache, and when the first value from the database did."""
    only_cache(moment)
    since_us = last_fault_us(moment)
    # A value comes to the cache by the client that fetched it: one way from the database, one way on.
    hop_us = moment.simulation.parameters["latency_us"]
    back = [event.arrives_us + hop_us for event in bodies(moment, ReadReply, since_us) if event.src == DATABASE]
    if not back:
        raise Unclear("The database has not answered yet.")
    came = sorted(event.arrives_us for event in bodies(moment, Get) if event.arrives_us >= since_us)
    if any(abs(at_us - edge) < CLOSE_US // 4 for at_us in came for edge in (back[0], since_us)):
        raise Unclear("A read came at the very moment in which the value did.")
    rows = [(at_us, "a read of the key reaches the cache") for at_us in came if at_us < back[0] + AFTER_US]
    rows.append((back[0], "the first value from the database is stored in the cache"))
    title = f"After {seconds(since_us)}, when the key was forgotten"
    return Table(
        title=title, columns=("After", "What happens"), rows=tuple((f"{milliseconds(t - since_us)} ms", words) for t, words in sorted(rows))
    )


def writes(moment: Moment) -> Table:
    """The writes that were acknowledged until something was done to the run."""
    found = written(moment)
    if not 3 <= len(found) <= 24:
        raise Unclear("There are too few writes, or too many.")
    rows = tuple((begun.key, seconds(begun.t_us)) for begun, _ in found)
    return Table(
        title=f"The writes that were acknowledged until {seconds(last_fault_us(moment) or moment.at_us)}", columns=("Key", "At"), rows=rows
    )


MEASURES = (
    Measure(name="hits", title="How many of these requests are answered from the cache?", kind="number", unit="requests", take=hits),
    Measure(name="next_out", title="Which key goes next, if a new one comes?", kind="choice", take=next_out),
    Measure(name="database_reads", title="How many reads go on to the database?", kind="number", unit="reads", take=database_reads),
    Measure(name="stale_reads", title="How many reads give out an old value?", kind="number", unit="reads", take=stale_reads),
    Measure(
        name="lost_writes", title="Of how many keys is the newest acknowledged value lost?", kind="number", unit="keys", take=lost_writes
    ),
)
GIVENS = (
    Given(name="requests", title="The keys asked for, in order", show=requests),
    Given(name="timeline", title="All reads and writes of the one key", show=timeline),
    Given(name="arrivals", title="What reaches the cache after a key was forgotten", show=arrivals),
    Given(name="writes", title="The acknowledged writes", show=writes),
)
