"""Layouts and their changes: which keys a change moves, and what is shown of it."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.catalog.sharding import changes
from labs.catalog.sharding.keys import INITIALS, REGIONS, home, names, names_of, region_of
from labs.catalog.sharding.layout import SCHEMES, Refusal, first, servers, table
from labs.catalog.sharding.picture import CELLS, DIGITS, band, would_move

KEYS = names(600)
FOUR = ("s1", "s2", "s3", "s4")


def moved(before, after):
    """(from, to) of every key whose owner changed."""
    return [(table(before)[key][0], table(after)[key][0]) for key in KEYS if table(before)[key][0] != table(after)[key][0]]


def test_keys_are_named_once_and_their_initials_are_as_uneven_as_said():
    assert len(set(KEYS)) == len(KEYS)
    letters = Counter(key[0] for key in names(5000))
    assert all(abs(letters[letter] / 5000 - share / sum(INITIALS.values())) < 0.001 for letter, share in INITIALS.items())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_key_has_one_owner_among_the_members(scheme):
    assert {holders for key in KEYS if len(holders := table(first(scheme, FOUR, 128))[key]) != 1} == set()
    assert {table(first(scheme, FOUR, 128))[key][0] for key in KEYS} <= set(FOUR)


def test_ranges_begin_as_a_to_m_and_n_to_z():
    of = table(first("range", FOUR, 128))
    assert {of[key][0] for key in KEYS if key < "n"} == {"s1"}
    assert {of[key][0] for key in KEYS if key >= "n"} == {"s2"}


@pytest.mark.parametrize(("scheme", "low", "high"), [("ring", 14, 26), ("rendezvous", 15, 25), ("jump", 15, 25), ("modulo", 75, 85)])
def test_a_fifth_member_moves_the_share_its_scheme_is_known_for(scheme, low, high):
    before = first(scheme, FOUR, 128)
    share = 100 * len(moved(before, changes.join(before, "s5"))) / len(KEYS)
    assert low < share < high


@pytest.mark.parametrize("scheme", ["ring", "rendezvous", "geo"])
def test_a_member_that_leaves_moves_only_its_own_keys(scheme):
    before = first(scheme, (*FOUR, "s5", "s6"), 128)
    assert {source for source, _ in moved(before, changes.leave(before, "s2"))} == {"s2"}


def test_jump_moves_two_shares_when_a_member_in_the_middle_leaves():
    """The last bucket goes, and the last member takes the number of the one that left."""
    before = first("jump", FOUR, 128)
    pairs = moved(before, changes.leave(before, "s2"))
    assert {source for source, _ in pairs} == {"s2", "s4"}
    assert 40 < 100 * len(pairs) / len(KEYS) < 60


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_split_moves_keys_from_the_source_to_the_target_alone(scheme):
    before = first(scheme, FOUR, 128)
    pairs = moved(before, changes.split(before, "s1", "s5", "g"))
    own = sum(table(before)[key][0] == "s1" for key in KEYS)
    assert set(pairs) == {("s1", "s5")}
    assert 0.3 * own < len(pairs) < 0.7 * own


@settings(max_examples=60, deadline=None)
@given(data=st.data(), scheme=st.sampled_from(SCHEMES))
def test_after_any_changes_every_key_has_an_owner_that_takes_part(data, scheme):
    layout, spares = first(scheme, FOUR, 8), ["s5", "s6", "s7"]
    for _ in range(data.draw(st.integers(1, 6))):
        one, other = data.draw(st.sampled_from(FOUR)), data.draw(st.sampled_from(spares))
        letter = data.draw(st.sampled_from("bgmnrx"))
        steps = {
            changes.join: (other,), changes.leave: (one,), changes.split: (one, other, letter), changes.weigh: (one, 3),
            changes.spread: (KEYS[0], 3), changes.rescheme: (data.draw(st.sampled_from(SCHEMES)),),
        }  # fmt: skip
        change = data.draw(st.sampled_from(list(steps)))
        try:
            layout = change(layout, *steps[change])
        except Refusal as refusal:
            assert str(refusal)
            continue
        for key in KEYS[:80]:
            holders = table(layout)[key]
            assert set(holders) <= set(servers(layout))
            assert len(set(holders)) == len(holders) == min(dict(layout.spread).get(key, 1), len(servers(layout)))
        assert set(band(layout)) <= set(DIGITS[: len(servers(layout))])


def test_a_spread_key_keeps_its_owner_and_the_servers_after_it_hold_copies():
    before = first("ring", FOUR, 128)
    after = changes.spread(before, KEYS[0], 3)
    owner = table(before)[KEYS[0]][0]
    at = FOUR.index(owner)
    assert table(after)[KEYS[0]] == (FOUR + FOUR)[at : at + 3]
    assert changes.spread(after, KEYS[0], 1) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda layout: changes.join(layout, "s1"), "takes part already"),
        (lambda layout: changes.leave(layout, "s9"), "takes no part"),
        (lambda layout: changes.weigh(first("jump", FOUR, 1), "s1", 2), "knows no weights"),
        (lambda layout: changes.weigh(layout, "s1", 1), "has that weight already"),
        (lambda layout: changes.split(layout, "s1", "s1", "g"), "into itself"),
        (lambda layout: changes.split(first("range", FOUR, 1), "s1", "s3", "x"), "holds no range with x"),
        (lambda layout: changes.rescheme(layout, "ring"), "already"),
        (lambda layout: changes.leave(first("ring", ("s1", "s2"), 1), "s1"), "at least 2 shards"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(change, why):
    with pytest.raises(Refusal, match=why):
        change(first("ring", FOUR, 128))


def test_keys_of_a_region_live_there_as_long_as_it_has_a_shard():
    layout = first("geo", ("s1", "s2", "s3", "s4", "s5", "s6"), 128)
    for region in range(len(REGIONS)):
        assert {region_of(table(layout)[key][0]) for key in names_of(600, region)} == {region}
        assert {home(key) for key in names_of(600, region)} == {region}
    without = changes.leave(changes.leave(layout, "s1"), "s4")
    assert {table(without)[key][0] for key in names_of(600, 0)} == {"s2", "s3", "s5", "s6"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_picture_shows_each_server_about_as_large_as_its_share(scheme):
    layout = first(scheme, FOUR, 128)
    cells, keys = Counter(band(layout)), Counter(table(layout)[key][0] for key in names(3000))
    assert len(band(layout)) == CELLS
    if scheme == "range":
        assert cells == {"0": CELLS // 2, "1": CELLS // 2}, "half the alphabet each, though not half the keys"
        return
    for i, name in enumerate(FOUR):
        assert abs(cells[DIGITS[i]] / CELLS - keys[name] / 3000) < 0.08


def test_what_other_schemes_would_move_is_told_for_servers_that_come_or_go():
    nine = first("modulo", tuple(f"s{i}" for i in range(1, 10)), 128)
    shares = would_move(nine, changes.join(nine, "s10"), 2000)
    assert shares["modulo"] in range(87, 93)
    assert all(shares[scheme] in range(7, 14) for scheme in ("ring", "rendezvous", "jump"))
    assert would_move(nine, changes.spread(nine, KEYS[0], 2), 2000) == {}
