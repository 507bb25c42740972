"""Placement against theory: known answers, the share of keys that move, the spread of load, and the door for scripts."""

import math
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.catalog.sharding.placement import ranges
from labs.catalog.sharding.placement.__main__ import SCHEMES, place
from labs.catalog.sharding.placement.hashing import key64
from labs.catalog.sharding.placement.jump import jump
from labs.catalog.sharding.placement.modulo import modulo
from labs.catalog.sharding.placement.rendezvous import Rendezvous
from labs.catalog.sharding.placement.ring import Ring

ROOT = Path(__file__).resolve().parents[4]
KEYS = [key64(f"user{i}") for i in range(4000)]
uint64 = st.integers(0, 2**64 - 1)


def members(count, weights=None):
    return tuple((str(i), weights[i] if weights else 1) for i in range(count))


def owner_of(scheme, count):
    """64-bit key -> number of its bucket, among `count` equal ones."""
    if scheme in ("jump", "modulo"):
        return lambda key: {"jump": jump, "modulo": modulo}[scheme](key, count)
    of = Ring(members(count), 128).owner if scheme == "ring" else Rendezvous(members(count)).owner
    return lambda key: int(of(key))


def as_double(value):
    """The IEEE 754 double nearest to a positive fraction, ties to even, worked out in integers."""
    exponent = 0
    while value >= 2**53:
        value, exponent = value / 2, exponent + 1
    while value < 2**52:
        value, exponent = value * 2, exponent - 1
    whole, rest = divmod(value.numerator, value.denominator)
    if 2 * rest > value.denominator or (2 * rest == value.denominator and whole % 2):
        whole += 1
    return Fraction(whole) * Fraction(2) ** exponent


def jump_in_fractions(key, buckets):
    """The paper's figure 1 again, each double operation rounded by hand."""
    b, j = -1, 0
    while j < buckets:
        b = j
        key = (key * 2862933555777941757 + 1) % 2**64
        quotient = as_double(Fraction(2**31, (key >> 33) + 1))
        j = math.floor(as_double((b + 1) * quotient))
    return b


# Jump


VECTORS = [
    (1, 1, 0), (42, 57, 43), (256, 1024, 520), (3735883980, 1, 0), (3735883980, 666, 361), (16045690984833335023, 255, 237),
    (0, 60, 0), (1, 60, 55), (2, 60, 46),
]  # fmt: skip


@pytest.mark.parametrize(("key", "buckets", "bucket"), VECTORS)
def test_jump_gives_the_answers_that_other_implementations_publish(key, buckets, bucket):
    """Sources: ClickHouse, tests/queries/0_stateless/00580_consistent_hashing_functions; the Rust crate
    jump-consistent-hash, its documentation (the last three).
    """
    assert jump(key, buckets) == bucket


@settings(max_examples=80, deadline=None)
@given(key=uint64, buckets=st.one_of(st.integers(1, 64), st.integers(1, 2**31 - 1)))
def test_jump_is_the_papers_arithmetic_to_the_bit(key, buckets):
    assert jump(key, buckets) == jump_in_fractions(key, buckets)


@settings(max_examples=200, deadline=None)
@given(key=uint64, buckets=st.integers(1, 500))
def test_jump_moves_a_key_only_to_the_bucket_that_is_new(key, buckets):
    before, after = jump(key, buckets), jump(key, buckets + 1)
    assert after in (before, buckets)


def test_jump_refuses_to_place_a_key_in_no_bucket():
    with pytest.raises(ValueError, match="at least one bucket"):
        jump(1, 0)


# What moves


@settings(max_examples=60, deadline=None)
@given(key=uint64, count=st.integers(2, 12), scheme=st.sampled_from(["ring", "rendezvous"]), data=st.data())
def test_ring_and_rendezvous_move_only_the_keys_of_the_server_that_goes(key, count, scheme, data):
    gone = data.draw(st.integers(0, count - 1))
    left = tuple(member for member in members(count) if member[0] != str(gone))
    make = (lambda group: Ring(group, 16)) if scheme == "ring" else Rendezvous
    before, after = make(members(count)).owner(key), make(left).owner(key)
    assert after == before or before == str(gone)


@settings(max_examples=60, deadline=None)
@given(key=uint64, count=st.integers(1, 12), scheme=st.sampled_from(["ring", "rendezvous"]), extra=st.integers(1, 3))
def test_more_weight_only_brings_keys_in(key, count, scheme, extra):
    heavier = tuple((name, weight + extra if name == "0" else weight) for name, weight in members(count))
    make = (lambda group: Ring(group, 16)) if scheme == "ring" else Rendezvous
    before, after = make(members(count)).owner(key), make(heavier).owner(key)
    assert after in (before, "0")


@pytest.mark.parametrize("count", [3, 9])
def test_the_share_of_keys_that_move_to_one_more_bucket_is_what_theory_says(count):
    """1 / (n + 1) is the least possible. Jump and rendezvous throw independently for each key, so the number moved is
    binomial; on a ring the newcomer's share itself varies by 1 / sqrt(virtual nodes). Modulo keeps only a key whose
    remainder is the same by both: n of every n * (n + 1).
    """
    least, keys = 1 / (count + 1), len(KEYS)
    sigma = math.sqrt(least * (1 - least) / keys)
    share = {}
    for scheme in ("jump", "rendezvous", "ring", "modulo"):
        before, after = owner_of(scheme, count), owner_of(scheme, count + 1)
        share[scheme] = sum(before(key) != after(key) for key in KEYS) / keys
    assert abs(share["jump"] - least) < 4 * sigma
    assert abs(share["rendezvous"] - least) < 4 * sigma
    assert abs(share["ring"] - least) < 4 * (sigma + least / math.sqrt(128))
    assert abs(share["modulo"] - count / (count + 1)) < 4 * sigma


# How the load lies


@pytest.mark.parametrize("scheme", ["jump", "rendezvous", "modulo"])
def test_hashing_spreads_keys_as_evenly_as_chance_allows(scheme):
    """Chi-square with 9 degrees of freedom: above 27.88 once in a thousand."""
    of, counts = owner_of(scheme, 10), [0] * 10
    for key in KEYS:
        counts[of(key)] += 1
    mean = len(KEYS) / 10
    assert sum((count - mean) ** 2 / mean for count in counts) < 27.88


def arcs(virtual_nodes, count=12):
    """The share of the circle that each server owns: every point owns the way from the point before it."""
    ring, shares = Ring(members(count), virtual_nodes), dict.fromkeys(map(str, range(count)), 0)
    for (before, position), owner in zip(pairwise([ring.positions[-1] - 2**64, *ring.positions]), ring.owners, strict=True):
        shares[owner] += position - before
    return [share / 2**64 for share in shares.values()]


@pytest.mark.parametrize("virtual_nodes", [1, 8, 64, 256])
def test_virtual_nodes_even_out_a_ring_by_the_square_root(virtual_nodes):
    """The share of a server with v of n * v points has a relative standard deviation of sqrt((n - 1) / (n * v + 1)), near
    1 / sqrt(v): its arcs are v of the spacings of uniform points. Of 12 servers the sample's is within a factor of 2.
    """
    shares = arcs(virtual_nodes)
    deviation = math.sqrt(sum((share * 12 - 1) ** 2 for share in shares) / 12)
    assert abs(sum(shares) - 1) < 1e-9
    assert 0.5 < deviation / math.sqrt(11 / (12 * virtual_nodes + 1)) < 2


@pytest.mark.parametrize("scheme", ["ring", "rendezvous"])
def test_a_weight_is_a_share(scheme):
    weights = (1, 2, 5)
    group = members(3, weights)
    of = Ring(group, 256).owner if scheme == "ring" else Rendezvous(group).owner
    counts = dict.fromkeys("012", 0)
    for key in KEYS:
        counts[of(key)] += 1
    for name, weight in group:
        assert counts[name] / len(KEYS) == pytest.approx(weight / 8, rel=0.15)


def test_ranges_are_as_uneven_as_the_names_are():
    of = place("range", 2, [], 128)
    assert [of(name) for name in ("Alice", "mallory", "Nina", "zoe", "m9")] == [0, 0, 1, 1, 0]
    names = ["adam"] * 90 + ["nora"] * 10
    assert sum(of(name) == 0 for name in names) == 90


@given(at=st.integers(0, 2**64 - 1), buckets=st.integers(1, 100))
def test_equal_ranges_follow_the_order_of_the_keys(at, buckets):
    assert 0 <= ranges.equal_part(at, buckets) < buckets
    assert ranges.equal_part(at, buckets) <= ranges.equal_part(min(at + 2**60, 2**64 - 1), buckets)


@given(text=st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=6), cut=st.sampled_from("bcdfgklpqty"))
def test_a_cut_moves_exactly_what_stands_from_there_to_the_next_border(text, cut):
    borders = (("", "s1"), ("n", "s2"))
    after = ranges.cut(borders, cut, "s3")
    moved = ranges.owner(after, text) != ranges.owner(borders, text)
    assert moved == (cut <= text and (text < "n" or cut >= "n"))
    assert ranges.without(after, "s3") == borders


# The door for scripts


def run(*arguments, keys=""):
    command = [sys.executable, "-m", "labs.catalog.sharding.placement", *arguments]
    return subprocess.run(command, cwd=ROOT, input=keys, capture_output=True, text=True, check=False)


def test_a_line_of_digits_is_the_key_itself():
    done = run("--scheme", "jump", "--buckets", "1024", keys="256\n0\n18446744073709551615\n")
    assert done.stdout.split() == ["520", "0", str(jump(2**64 - 1, 1024))]
    assert done.returncode == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_puts_every_line_into_one_of_the_buckets(scheme):
    of = place(scheme, 7, [1] * 7, 128)
    lines = [*map(str, range(50)), "alice", "Zoë", "x y", "-1", "18446744073709551615"]
    assert all(0 <= of(line) < 7 for line in lines)
    assert len({of(f"{letter}{i}") for i in range(40) for letter in "ahpz"}) >= 4


@pytest.mark.parametrize("scheme", ["jump", "modulo", "range"])
def test_weights_are_an_error_where_a_scheme_knows_none(scheme):
    done = run("--scheme", scheme, "--buckets", "3", "--weights", "1", "2", "3", keys="a\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{scheme} knows no weights" in done.stderr


def test_weights_are_taken_with_commas_or_spaces():
    keys = "".join(f"k{i}\n" for i in range(200))
    one = run("--scheme", "rendezvous", "--buckets", "3", "--weights", "0,1,3", keys=keys)
    other = run("--scheme", "rendezvous", "--buckets", "3", "--weights", "0", "1", "3", keys=keys)
    assert one.stdout == other.stdout
    assert set(one.stdout.split()) == {"1", "2"}


@pytest.mark.parametrize(
    ("arguments", "keys", "said"),
    [
        (("--scheme", "jump", "--buckets", "0"), "1\n", "--buckets must be from 1"),
        (("--scheme", "ring", "--buckets", "2", "--weights", "1"), "1\n", "one weight for each of the 2"),
        (("--scheme", "ring", "--buckets", "2", "--weights", "1", "-3"), "1\n", ""),
        (("--scheme", "ring", "--buckets", "2", "--weights", "0", "0"), "1\n", "not all 0"),
        (("--scheme", "jump", "--buckets", "2"), "18446744073709551616\n", "line 1: a numeric key is an unsigned 64-bit"),
    ],
)
def test_what_is_out_of_bounds_is_said_in_a_sentence(arguments, keys, said):
    done = run(*arguments, keys=keys)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
