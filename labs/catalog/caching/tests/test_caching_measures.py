"""What can be asked of a small caching run: every `solve` reasons from the tables alone, and agrees with the nodes."""

import pytest

from labs.catalog.caching import LAB
from labs.engine.measures import Unclear
from labs.engine.testing import clear, look

S = 1_000_000
SMALL = {
    "nodes": 1, "clients": 1, "keys": 10, "compare": False, "database_ms": 1, "jitter_us": 0, "latency_us": 200, "sync_us": 0,
    "rate_per_s": 2, "ttl_ms": 600_000, "bound_ms": 600_000, "workers": 8,
}  # fmt: skip
ONE_KEY = SMALL | {"popularity": "hot", "hot_percent": 100, "rate_per_s": 3}
RUNS = 25


def at(text):
    return float(text.removesuffix(" s"))


def agree(solve, *args, least=3, **parameters):
    answers = set()
    for measured, tables in clear(RUNS, LAB, *args, **parameters):
        assert str(solve(tables)) == measured.value, (tables, measured)
        answers.add(measured.value)
    assert len(answers) >= least, answers


def played(policy, room, tables):
    """Hits, and who would go next, of a cache on paper."""
    inside, uses, hits = [], {}, 0
    rank = lambda key: (uses[key] if policy == "lfu" else 0, inside.index(key))  # noqa: E731
    for key in (key for _, keys in tables["requests"].rows for key in keys.split(", ")):
        if key in inside:
            hits += 1
            uses[key] += 1
            if policy != "fifo":
                inside.remove(key)
                inside.append(key)
            continue
        if len(inside) == room:
            inside.remove(min(inside, key=rank))
        inside.append(key)
        uses[key] = 1
    return hits, min(inside, key=rank)


@pytest.mark.parametrize("policy", ["fifo", "lru", "lfu"])
@pytest.mark.parametrize("room", [3, 4])
def test_a_cache_on_paper_has_the_hits_of_the_real_one(policy, room):
    settings = SMALL | {"reads_percent": 100, "policy": policy, "capacity_kb": room}
    shows = [("requests", 7 * S)]
    agree(lambda tables: played(policy, room, tables)[0], ("hits", 7 * S), shows, "steady", **settings)
    agree(lambda tables: played(policy, room, tables)[1], ("next_out", 7 * S), shows, "steady", **settings)


@pytest.mark.parametrize("ttl_ms", [2000, 3000])
def test_a_value_is_stale_from_the_next_write_until_it_expires(ttl_ms):
    def solve(tables):
        fetched, overwritten, stale = None, False, 0
        for _, moment, request in tables["timeline"].rows:
            if request == "write":
                overwritten = True
            elif fetched is None or at(moment) - fetched >= ttl_ms / 1000:
                fetched, overwritten = at(moment), False
            else:
                stale += overwritten
        return stale

    settings = ONE_KEY | {"writes": "expire", "ttl_ms": ttl_ms, "jitter_percent": 0, "reads_percent": 65}
    agree(solve, ("stale_reads", 5 * S), [("timeline", 5 * S)], "steady", **settings)


@pytest.mark.parametrize(("writes", "least"), [("invalidate", 3), ("write-through", 2)])
def test_a_read_goes_on_to_the_database_where_the_cache_was_told_to_forget(writes, least):
    def solve(tables):
        held, count = False, 0
        for _, _, request in tables["timeline"].rows:
            count += request == "read" and not held
            held = request == "read" or writes == "write-through"
        return count

    settings = ONE_KEY | {"writes": writes, "reads_percent": 60}
    agree(solve, ("database_reads", 5 * S), [("timeline", 5 * S)], "steady", least=least, **settings)


@pytest.mark.parametrize(("single_flight", "least"), [(True, 1), (False, 3)])
def test_all_who_miss_before_the_first_value_is_back_ask_the_database(single_flight, least):
    def solve(tables):
        words = [what for _, what in tables["arrivals"].rows]
        return 1 if single_flight else next(i for i, what in enumerate(words) if "stored" in what)

    settings = ONE_KEY | {"reads_percent": 100, "database_ms": 400, "rate_per_s": 19, "latency_us": 500, "capacity_kb": 100, "warm": True}
    settings |= {"single_flight": single_flight}
    agree(solve, ("database_reads", 8 * S), [("arrivals", 8 * S)], "stampede", least=least, **settings)


@pytest.mark.parametrize(("journal", "least"), [(True, 1), (False, 3)])
@pytest.mark.parametrize("flush_ms", [1000, 2000])
def test_what_was_written_since_the_last_flush_is_lost_without_a_journal(journal, least, flush_ms):
    def solve(tables):
        flushed = 3600 // flush_ms * flush_ms / 1000
        return 0 if journal else len({key for key, moment in tables["writes"].rows if at(moment) > flushed})

    settings = SMALL | {"writes": "write-back", "journal": journal, "flush_ms": flush_ms, "reads_percent": 30, "rate_per_s": 8}
    script = [(3_600_000, "crash", {"node": "any-cache"})]
    agree(solve, ("lost_writes", 5 * S), [("writes", 3_610_000)], "write-back", script, least=least, **settings | {"capacity_kb": 100})


def test_a_busy_run_gives_no_answer():
    with pytest.raises(Unclear, match="Not every request is shown"):
        look(LAB, ("hits", 2 * S), [], 7, "steady")


def first_unclear(shows, measure, words, **settings):
    """The first seed under which the run is refused for this reason."""
    for seed in range(60):
        try:
            look(LAB, (measure, 5 * S), [(name, 5 * S) for name in shows], seed, "steady", **settings)
        except Unclear as error:
            if words in str(error):
                return seed
    return None


def test_requests_that_overlap_give_no_answer():
    assert first_unclear([], "database_reads", "overlap", **ONE_KEY) is None, "which reads go on does not need their order"
    assert first_unclear(["timeline"], "stale_reads", "Two requests overlap", **ONE_KEY | {"reads_percent": 65}) is not None


def test_a_read_at_the_moment_of_expiry_gives_no_answer():
    settings = ONE_KEY | {"writes": "expire", "ttl_ms": 2000, "jitter_percent": 0, "reads_percent": 65}
    assert first_unclear(["timeline"], "stale_reads", "in which the value expired", **settings) is not None
