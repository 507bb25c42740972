"""The eviction policies: against models that are slow and plain, against published examples, and against what they promise."""

import subprocess
import sys
import time
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.catalog.caching.policies import POLICIES, AnyPolicy, moved
from labs.catalog.caching.policies.__main__ import NAMES, main, replay, requests
from labs.catalog.caching.policies.belady import belady
from labs.catalog.caching.policies.sketch import COUNT_MAX, Sketch

ROOT = Path(__file__).resolve().parents[4]
SIZES = {key: 1 + i % 4 for i, key in enumerate("abcdefgh")}


def unit(keys):
    return [(key, 1) for key in keys]


# Models: a list from next to go to last to go, searched and sorted at every step.


def fifo_model(trace, capacity, *, renew=False):
    here, results = [], []
    for key, size in trace:
        results.append(key in here)
        if key in here:
            if renew:
                here.remove(key)
                here.append(key)
        elif size <= capacity:
            while sum(SIZES.get(k, 1) for k in here) + size > capacity:
                here.pop(0)
            here.append(key)
    return results


def lru_model(trace, capacity):
    return fifo_model(trace, capacity, renew=True)


def lfu_model(trace, capacity):
    count, last, results = {}, {}, []
    for now, (key, size) in enumerate(trace):
        results.append(key in count)
        if key in count:
            count[key] += 1
            last[key] = now
        elif size <= capacity:
            while sum(SIZES.get(k, 1) for k in count) + size > capacity:
                victim = min(count, key=lambda k: (count[k], last[k]))
                del count[victim], last[victim]
            count[key], last[key] = 1, now
    return results


def clock_model(trace, capacity):
    """Frames in a circle with a hand, as in the textbook; a frame that becomes free is taken out of the circle."""
    frames, bit, hand, results = [], {}, 0, []
    for key, size in trace:
        results.append(key in frames)
        if key in frames:
            bit[key] = 1
        elif size <= capacity:
            while sum(SIZES.get(k, 1) for k in frames) + size > capacity:
                hand %= len(frames)
                while bit[frames[hand]]:
                    bit[frames[hand]] = 0
                    hand = (hand + 1) % len(frames)
                frames.pop(hand)
            frames.insert(hand, key)  # behind the hand: it comes there last
            hand += 1
            bit[key] = 1
    return results


def sieve_model(trace, capacity):
    """The list from the head (newest) to the tail; the hand is an object."""
    queue, visited, hand, results = [], {}, None, []
    for key, size in trace:
        results.append(key in queue)
        if key in queue:
            visited[key] = True
        elif size <= capacity:
            while sum(SIZES.get(k, 1) for k in queue) + size > capacity:
                at = queue[-1] if hand is None else hand
                while visited[at]:
                    visited[at] = False
                    i = queue.index(at)
                    at = queue[i - 1] if i else queue[-1]
                i = queue.index(at)
                hand = queue[i - 1] if i else None
                queue.remove(at)
            queue.insert(0, key)
            visited[key] = False
    return results


MODELS = {"fifo": fifo_model, "ttl": fifo_model, "lru": lru_model, "lfu": lfu_model, "clock": clock_model, "sieve": sieve_model}
TRACES = st.lists(st.sampled_from("abcdefgh"), max_size=60)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=80, deadline=None)
@given(keys=TRACES, capacity=st.integers(0, 14), sized=st.booleans())
def test_a_policy_does_at_every_request_what_its_model_does(name, keys, capacity, sized):
    trace = [(key, SIZES[key]) for key in keys] if sized else unit([key.upper() for key in keys])
    policy = POLICIES[name](capacity=capacity)
    assert [policy.request(*request) for request in trace] == MODELS[name](trace, capacity)


def fewest_misses(trace, capacity):
    """By trying every victim at every miss."""
    states = {frozenset(): 0}
    for key, _ in trace:
        after = {}
        for here, misses in states.items():
            if key in here:
                choices = [(here, misses)]
            elif len(here) < capacity:
                choices = [(here | {key}, misses + 1)]
            else:
                choices = [((here - {victim}) | {key}, misses + 1) for victim in here]
            for state, count in choices:
                after[state] = min(count, after.get(state, count))
        states = after
    return min(states.values())


@settings(max_examples=60, deadline=None)
@given(keys=st.lists(st.sampled_from("abcdef"), max_size=20), capacity=st.integers(1, 4))
def test_no_choice_of_victims_has_fewer_misses_than_beladys(keys, capacity):
    trace = unit(keys)
    assert len(trace) - belady(trace, capacity) == fewest_misses(trace, capacity)


@settings(max_examples=40, deadline=None)
@given(keys=TRACES, capacity=st.integers(1, 8))
def test_no_policy_that_admits_every_miss_beats_belady(keys, capacity):
    trace = unit(keys)
    best = belady(trace, capacity)
    for name in MODELS:
        assert replay(name, capacity, trace)[0] <= best


# Published examples, objects of one size: (source, requests, capacity, misses of each policy)
STALLINGS = [*"232152453252"]
SILBERSCHATZ = [*"70120304230321201701"]
BELADY_ANOMALY = [*"123412512345"]


@pytest.mark.parametrize(
    ("keys", "capacity", "misses"),
    [
        (STALLINGS, 3, {"belady": 6, "lru": 7, "fifo": 9, "clock": 8}),  # Operating Systems, figure 8.14: 3 to fill, then F
        (SILBERSCHATZ, 3, {"fifo": 15, "belady": 9, "lru": 12}),  # Operating System Concepts, section 10.4
        (BELADY_ANOMALY, 3, {"fifo": 9}),  # Belady, Nelson, Shedler, CACM 12(6), 1969
        (BELADY_ANOMALY, 4, {"fifo": 10}),
    ],
)
def test_published_examples(keys, capacity, misses):
    assert {name: replay(name, capacity, unit(keys))[1] for name in misses} == misses


def test_the_illustration_of_sieve():
    """Zhang et al. 2024, figure 1: A, B and G were visited; H, A, D, I, B, J are asked for."""
    policy = POLICIES["sieve"](capacity=7)
    for key in [*"ABCDEFG", *"ABG", *"HADIBJ"]:
        policy.request(key, 1)
    assert list(policy.queue) == [*"ABDGHIJ"]  # oldest first; C, E and F had to go


def test_lfu_breaks_ties_by_least_recent_use():
    policy = POLICIES["lfu"](capacity=2)
    for key in "abba":
        policy.request(key, 1)
    assert policy.admit("c", 1) == ["b"]


def test_a_rewrite_counts_for_lru_and_ttl_and_for_nobody_else():
    first = {}
    for name, kind in POLICIES.items():
        policy = kind(capacity=3)
        for key in "abc":
            policy.request(key, 1)
        policy.rewrite("a")
        first[name] = policy.victim() if name != "wtinylfu" else "a"
    assert first == {"fifo": "a", "lru": "b", "lfu": "a", "ttl": "b", "clock": "a", "sieve": "a", "wtinylfu": "a"}


@pytest.mark.parametrize("name", NAMES)
def test_an_object_larger_than_the_capacity_is_never_admitted(name):
    assert replay(name, 300, [("big", 301), ("big", 301), ("a", 3), ("big", 301), ("a", 3)]) == (1, 4)


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), capacity=st.integers(0, 400))
def test_any_use_in_any_order_leaves_a_policy_whole(name, data, capacity):
    """Within its capacity, its order a permutation of what is in, and as good after a dump."""
    policy = POLICIES[name](capacity=capacity)
    acts = st.tuples(st.sampled_from(("request", "request", "request", "remove", "rewrite")), st.sampled_from("abcdefgh"))
    sizes = {key: 10 * size for key, size in SIZES.items()}
    for act, key in data.draw(st.lists(acts, max_size=40)):
        if act == "request":
            before = key in policy.sizes
            assert policy.request(key, sizes[key]) == before
        elif key in policy.sizes:
            getattr(policy, act)(key)
        assert policy.used == sum(policy.sizes.values()) <= capacity
        assert sorted(policy.order()) == sorted(policy.sizes)
        assert all(policy.sizes[k] == sizes[k] for k in policy.sizes)
    again = msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode(policy)), AnyPolicy)
    assert again == policy
    assert type(again) is type(policy)
    for key in "abcdefgh":
        assert again.request(key, sizes[key]) == policy.request(key, sizes[key])


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_can_take_over_from_any_other(name):
    for kind in POLICIES:
        old = POLICIES[name](capacity=100)
        for i in range(300):
            old.request(f"k{i * i % 37}", 7)
        new, gone = moved(old, kind, 50)
        assert sorted([*new.sizes, *gone]) == sorted(old.sizes)
        assert new.used <= 50


def test_a_sketch_never_counts_too_little_between_two_halvings_and_forgets_by_half():
    sketch, asked = Sketch(), {}
    for i in range(240):
        key = f"k{i * i % 31}"
        asked[key] = asked.get(key, 0) + 1
        sketch.add(key, 25)
    assert all(sketch.estimate(key) >= min(count, COUNT_MAX) for key, count in asked.items())
    before = {key: sketch.estimate(key) for key in asked}
    for _ in range(10):
        sketch.add("k0", 25)
    assert all(sketch.estimate(key) == count // 2 for key, count in before.items() if key != "k0")


def test_a_sketch_that_grows_keeps_its_counts():
    sketch = Sketch()
    for _ in range(5):
        sketch.add("a", 10)
    before = sketch.estimate("a")
    sketch.add("b", 1_000)
    assert len(sketch.rows[0]) == 512
    assert sketch.estimate("a") == before


def test_what_is_scanned_once_does_not_push_out_what_is_asked_for_often():
    popular = [(f"p{i % 50}", 10) for i in range(1_000)]
    scan = [(f"s{i}", 10) for i in range(1_000)]
    hits = {name: replay(name, 1_000, [*popular, *scan, *popular])[0] for name in ("lru", "fifo", "lfu", "sieve", "wtinylfu")}
    assert hits["lru"] == hits["fifo"] == 1_900  # all 50 are gone after the scan
    assert min(hits["lfu"], hits["sieve"], hits["wtinylfu"]) == 1_950


# The door for scripts


@pytest.mark.parametrize("name", NAMES)
def test_the_command_counts_hits_and_misses(name, capsys):
    assert main(["--policy", name, "--capacity", "3"], ["a 1\n", "\n", "a 1\n", "  b 2\n"]) == 0
    out = capsys.readouterr().out
    if name != "wtinylfu":
        assert out == "hits: 1\nmisses: 2\nhit ratio: 0.3333\n"
    assert "misses: 2\n" in out


@pytest.mark.parametrize("line", ["a", "a b", "a 0", "a -1", "a 1 2", "a 1.5"])
def test_the_command_names_a_line_it_cannot_read(line, capsys):
    assert main(["--policy", "lru", "--capacity", "3"], ["a 1\n", line]) == 2
    assert "line 2" in capsys.readouterr().err


def test_the_command_runs_as_a_program():
    command = [sys.executable, "-m", "labs.catalog.caching.policies", "--policy", "lru", "--capacity", "3"]
    done = subprocess.run(command, input="\n".join(f"{k} 1" for k in STALLINGS), cwd=ROOT, capture_output=True, text=True, check=True)
    assert "misses: 7\n" in done.stdout


def test_an_empty_trace_has_no_hits(capsys):
    assert main(["--policy", "lru", "--capacity", "0"], []) == 0
    assert capsys.readouterr().out == "hits: 0\nmisses: 0\nhit ratio: 0.0000\n"


def test_a_million_requests_of_lru_take_less_than_three_seconds():
    """Of processor time, so that a busy machine does not fail it: 200,000 requests in less than a fifth of that."""
    lines = [f"k{(i * i * 7919 + i) % 65_537 % (1 + i % 40_000)} 1\n" for i in range(200_000)]
    begin = time.process_time()
    hits, misses = replay("lru", 10_000, requests(lines))
    assert hits + misses == 200_000
    assert time.process_time() - begin < 0.6


def test_orders_of_requests_matter_to_nobody_but_through_the_policy():
    """Every policy misses each key at least once, whatever the order."""
    for order in permutations("abcd"):
        for name in NAMES:
            assert replay(name, 400, unit(order)) == (0, 4)
