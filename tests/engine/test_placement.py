"""Consistent hashing: every key has an owner, shares are even, and a change of nodes moves only what it must."""

from labs.engine.placement import preference, ring

KEYS = [f"k{i}" for i in range(3_000)]
FIVE = ("n1", "n2", "n3", "n4", "n5")


def test_every_node_is_in_every_preference_once():
    assert all(sorted(preference(FIVE, key)) == sorted(FIVE) for key in KEYS[:200])


def test_a_node_that_leaves_moves_its_own_keys_alone_and_to_the_next_on_the_ring():
    four = FIVE[:-1]
    for key in KEYS:
        before = preference(FIVE, key)
        assert preference(four, key) == tuple(node for node in before if node != "n5")


def test_a_node_that_joins_takes_about_its_share():
    moved = sum(preference(FIVE, key)[0] != preference(FIVE[:-1], key)[0] for key in KEYS)
    assert 0.12 < moved / len(KEYS) < 0.28


def test_shares_are_within_a_third_of_the_mean():
    owners = [preference(FIVE, key)[0] for key in KEYS]
    assert all(abs(owners.count(node) - len(KEYS) / 5) < len(KEYS) / 15 for node in FIVE)


def test_the_order_in_which_nodes_are_named_does_not_matter():
    assert all(preference(FIVE, key) == preference(FIVE[::-1], key) for key in KEYS[:200])
    assert len(ring(("n1", "n2"), 7).positions) == 14
