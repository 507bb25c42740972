"""What a student does takes effect, and what makes no sense is answered in words."""

import pytest

from labs.catalog.sharding import LAB
from labs.catalog.sharding.invariants import coordinator
from labs.catalog.sharding.keys import names
from labs.catalog.sharding.layout import table
from labs.engine.events import FaultEvent
from labs.engine.testing import play

S = 1_000_000


def done(script, until_s=4, **parameters):
    """The run, and what was said of each act."""
    played = play(LAB, until_s * S, script, parameters)
    assert played.violations() == {}
    assert played.notes("failed") == []
    return played, [e.text for e in played.events if isinstance(e, FaultEvent)]


def state(played, id):
    return played.simulation.processes[id].node.snapshot()


def test_a_shard_joins_takes_its_share_and_leaves_as_a_spare():
    pace = (0, "throttle", {"keys_per_s": 200})
    played, said = done([pace, (S, "add_shard", {"node": "spare"})])
    assert said[1] == "s5 joins"
    assert (state(played, "s5")["role"], state(played, "s6")["role"]) == ("shard", "spare")
    assert 30 < state(played, "s5")["keys"] < 100
    played, _ = done([pace, (S, "remove_shard", {"node": "s2"})])
    assert (state(played, "s2")["role"], state(played, "s2")["keys"]) == ("spare", 0)
    assert sum(state(played, f"s{i}")["keys"] for i in (1, 3, 4)) == 300


def test_weight_is_a_share_of_the_keys():
    played, _ = done([(0, "throttle", {"keys_per_s": 500}), (S, "weigh", {"node": "s1", "weight": 4})])
    assert 120 < state(played, "s1")["keys"] < 220


def test_a_split_shares_the_keys_of_one_shard_with_another():
    before = done([], 1)[0]
    played, _ = done([(0, "throttle", {"keys_per_s": 500}), (S, "split", {"node": "s1", "to": "s5"})])
    assert state(played, "s1")["keys"] + state(played, "s5")["keys"] == state(before, "s1")["keys"]
    assert state(played, "s2")["keys"] == state(before, "s2")["keys"]


def test_a_spread_key_stands_on_so_many_shards_and_then_on_one_again():
    hot = names(300)[0]
    played, _ = done([(S, "spread", {"key": "hot", "holders": 3})])
    assert sum(hot in p.node.disk.data for p in played.simulation.processes.values() if p.id[0] == "s") == 3
    played, said = done([(S, "spread", {"key": hot, "holders": 3}), (2 * S, "spread", {"key": hot, "holders": 1})])
    assert said == [f"{hot} goes to 3 shards", f"{hot} goes to 1 shards"]
    assert sum(hot in p.node.disk.data for p in played.simulation.processes.values() if p.id[0] == "s") == 1


def test_the_pace_of_moving_can_be_changed_on_the_way():
    slow, _ = done([(0, "throttle", {"keys_per_s": 5}), (S, "rescheme", {"scheme": "modulo"})])
    faster, _ = done([(0, "throttle", {"keys_per_s": 5}), (S, "rescheme", {"scheme": "modulo"}), (2 * S, "throttle", {"keys_per_s": 500})])
    assert slow.notes("cut_over") == []
    assert faster.notes("cut_over")


@pytest.mark.parametrize("scheme", ["range", "modulo", "rendezvous", "jump", "geo"])
def test_another_scheme_places_every_key_anew(scheme):
    played, _ = done([(0, "throttle", {"keys_per_s": 2000}), (S, "rescheme", {"scheme": scheme})])
    layout = coordinator(played.simulation)[1].disk.map.layout
    assert layout.scheme == scheme
    for id in ("s1", "s2", "s3", "s4"):
        own = {key for key in names(300) if table(layout)[key] == (id,)}
        assert set(played.simulation.processes[id].node.disk.data) == own


def test_load_and_popularity_change_what_is_asked():
    played, said = done([(S, "rate", {"per_s": 400}), (S, "popularity", {"kind": "hot"})], 3)
    assert said == ["Clients ask 400 times a second", "Popularity of keys: hot"]
    assert state(played, "c1")["arrived"] > 700
    rates = sorted(state(played, f"s{i}")["rate_per_s"] for i in range(1, 5))
    assert rates[-1] > 2 * rates[-2]


@pytest.mark.parametrize(
    ("action", "args", "said"),
    [
        ("add_shard", {"node": "m1"}, "No shard added: that names no shard to spare"),
        ("add_shard", {"node": "s1"}, "s1 not added: s1 takes part already"),
        ("remove_shard", {"node": "r1"}, "No shard removed: that names none"),
        ("remove_shard", {"node": "s6"}, "s6 not removed: s6 takes no part"),
        ("weigh", {"node": "s6"}, "s6 not weighed: s6 is no member"),
        ("split", {"node": "s1", "to": "r1"}, "Nothing split: that names no two shards"),
        ("spread", {"key": "nobody"}, "Nothing spread: there is no key nobody"),
        ("rescheme", {"scheme": "ring"}, "Scheme not changed: the scheme is ring already"),
        ("where", {"key": "nobody"}, "There is no key nobody"),
    ],
)
def test_what_makes_no_sense_is_answered_in_words(action, args, said):
    assert done([(S, action, args)], 1)[1] == [said]


def test_orders_to_a_coordinator_that_is_down_or_busy_are_refused():
    _, said = done([(S, "crash", {"node": "m1"}), (S, "add_shard", {}), (S, "throttle", {})], 1)
    assert said[1:] == ["s5 not added: the coordinator is not running", "Pace not changed: the coordinator is not running"]
    _, said = done([(S, "add_shard", {}), (1_100_000, "add_shard", {"node": "s6"})], 1)
    assert said == ["s5 joins", "s6 not added: another change is under way"]


def test_the_brief_is_half_a_page():
    assert 250 < len(LAB.info()["brief"].split()) < 500
