"""What can be asked of a sharding run: every `solve` reasons from the tables alone, and agrees with the disks of the shards."""

from bisect import bisect_left
from collections import Counter

import pytest

from labs.catalog.sharding import LAB
from labs.engine.measures import Unclear
from labs.engine.testing import clear, look

S = 1_000_000
IDLE = {"rate_per_s": 1, "keys": 300, "keys_per_s": 5000, "batch_keys": 50, "copy_us": 0, "service_us": 50, "spares": 1}
JOIN = [(2 * S, "add_shard", {"node": "spare"})]
RUNS = 15


def agree(solve, *args, least=3, **parameters):
    answers = set()
    for measured, tables in clear(RUNS, LAB, *args, **parameters):
        assert str(solve(tables)) == measured.value, (tables, measured)
        answers.add(measured.value)
    assert len(answers) >= least, answers


def owner(points, place):
    points = sorted(points)
    return points[bisect_left([at for at, _ in points], place) % len(points)][1]


def points(tables, spare):
    return [(int(at), name.removesuffix(" (spare)")) for at, name in tables["ring"].rows if spare or "spare" not in name]


@pytest.mark.parametrize("shards", [3, 4, 5, 6])
def test_modulo_moves_what_has_another_remainder(shards):
    settings = IDLE | {"scheme": "modulo", "shards": shards}

    def moved(tables):
        return sum(int(rest) % shards != int(rest) % (shards + 1) for _, rest in tables["remainders"].rows)

    def holder(tables):
        return f"s{int(tables['remainders'].rows[0][1]) % (shards + 1) + 1}"

    agree(moved, ("keys_moved", 5 * S), [("remainders", 0)], "steady", JOIN, **settings)
    agree(holder, ("holder", 5 * S), [("remainders", 0)], "steady", JOIN, **settings)


@pytest.mark.parametrize("shards", [3, 4, 5])
def test_a_ring_gives_the_new_shard_the_arcs_before_it(shards):
    settings = IDLE | {"scheme": "ring", "shards": shards, "virtual_nodes": 2}
    shows = [("ring", 0), ("places", 0)]

    def moved(tables):
        places = [int(place) for _, place in tables["places"].rows]
        return sum(owner(points(tables, True), place) != owner(points(tables, False), place) for place in places)

    def holder(tables):
        return owner(points(tables, True), int(tables["places"].rows[0][1]))

    agree(moved, ("keys_moved", 5 * S), shows, "steady", JOIN, **settings)
    agree(holder, ("holder", 5 * S), shows, "steady", JOIN, **settings)


def test_a_shard_that_leaves_a_ring_moves_its_own_keys_alone():
    def moved(tables):
        return sum(owner(points(tables, False), int(place)) == "s3" for _, place in tables["places"].rows)

    script = [(2 * S, "remove_shard", {"node": "s3"})]
    agree(moved, ("keys_moved", 5 * S), [("ring", 0), ("places", 0)], "steady", script, **IDLE | {"spares": 0, "virtual_nodes": 2})


def test_splits_cut_the_alphabet():
    def fullest(tables):
        shards = (("s1" if key < "g" else "s3") if key < "n" else ("s2" if key < "s" else "s4") for key, _ in tables["keys"].rows)
        return Counter(shards).most_common(1)[0][0]

    script = [(2 * S, "split", {"node": "s1", "to": "s3", "at": "g"}), (4 * S, "split", {"node": "s2", "to": "s4", "at": "s"})]
    agree(fullest, ("fullest", 7 * S), [("keys", S)], "alphabet", script, least=2, **IDLE | {"spares": 0})


@pytest.mark.parametrize(("keys", "hot_percent"), [(200, 20), (300, 50), (500, 35), (600, 20)])
def test_a_celebrity_goes_on_top_of_its_letter(keys, hot_percent):
    settings = {"keys": keys, "popularity": "hot", "hot_percent": hot_percent, "rate_per_s": 300, "spares": 0}
    for measured, tables in clear(2, LAB, ("busiest_percent", 8 * S), [("letters", 0)], "alphabet", **settings):
        counts = [int(count) for _, count in tables["letters"].rows]
        celebrity = tables["letters"].title.split(" is ")[1]
        low = (100 - hot_percent) * sum(counts[:4]) / sum(counts) + (hot_percent if celebrity < "n" else 0)
        assert int(measured.value) == pytest.approx(max(low, 100 - low), abs=4)


def test_the_listed_keys_are_drawn_by_the_seed():
    lists = {
        tables["remainders"].rows for _, tables in clear(RUNS, LAB, ("keys_moved", 5 * S), [("remainders", 0)], "steady", JOIN, **IDLE)
    }
    assert len(lists) == RUNS
    assert all(len(rows) == 12 for rows in lists)


def test_a_key_on_the_very_place_of_a_shard_gives_no_answer():
    """Shown to a thousandth of the circle, it could belong to either neighbour."""
    settings = IDLE | {"scheme": "ring", "virtual_nodes": 2}
    refused = []
    for seed in range(60):
        try:
            look(LAB, ("keys_moved", 5 * S), [("ring", 0), ("places", 0)], seed, "steady", JOIN, **settings)
        except Unclear as error:
            refused.append(str(error))
    assert "A key stands too close to a shard on the circle." in refused
