"""Hundreds of clusters under random faults that Raft promises to survive: no checker fires, and a healed cluster goes on.

All choices of a run come from one number, so a failure is played again by its seed; the message holds the whole script.
Inside the model: stops, power losses, pauses, links that are cut, slow, lossy, repeating or out of order, clocks that are
set or drift less than a lease allows for, chaos of all these, changes of membership and of leader. Outside it: a wiped
disk, and clocks that drift further; what those break is shown at the end.
"""

import pytest

from labs.catalog.raft import LAB
from labs.catalog.raft.actions import leader
from labs.catalog.raft.service import DRIFT_BOUND_PERCENT
from labs.engine.dice import Dice, seed_of
from labs.engine.events import NoteEvent
from labs.engine.process import UP
from labs.engine.testing import play

SEEDS = 300
CHUNK = 25
HEALED_US = 6_000_000
DRIFT_PERCENT_MAX = 4  # of each clock: two of them drift apart by less than DRIFT_BOUND_PERCENT
PATIENCE = 10  # election time-outs in which a healed cluster takes a write


class Choices(Dice):
    """The dice of one run."""

    def __init__(self, seed):
        super().__init__(seed_of("raft sweep", seed))

    def of(self, *options):
        return options[self.between(0, len(options) - 1)]


def draw_parameters(choose):
    election_ms_min = choose.between(150, 200)
    return {
        "nodes": choose.of(3, 3, 5, 5, 7),
        "spares": choose.of(0, 0, 1, 2),
        "clients": choose.between(2, 4),
        "latency_ms": choose.between(2, 15),
        "jitter_ms": choose.of(0, 2, 5),
        "loss_percent": choose.of(0, 0, 0, 2, 5),
        "heartbeat_ms": choose.between(20, 50),
        "election_ms_min": election_ms_min,
        "election_ms_max": election_ms_min + choose.between(20, 150),
        "sync_ms": choose.of(0, 1, 1, 5, 20),
        "think_ms": choose.of(50, 100, 200, 400),
        "reads": choose.of("log", "read_index", "lease"),
        "batch_entries": choose.between(1, 20),
        "compact_entries": choose.of(0, 1, 3, 10, 40),
    }


def one_of(choose, ids):
    """A server by name, or whoever leads then: half of all faults would otherwise hit servers of no importance."""
    return choose.of(*ids, *["leader"] * (len(ids) // 2))


FAULTS = {
    "crash": lambda choose, ids: {"node": one_of(choose, ids)},
    "power_loss": lambda choose, ids: {"node": one_of(choose, ids)},
    "restart": lambda choose, ids: {"node": choose.of(*ids)},
    "restart_all": lambda choose, ids: {},
    "pause": lambda choose, ids: {"node": one_of(choose, ids)},
    "resume": lambda choose, ids: {"node": choose.of(*ids)},
    "partition": lambda choose, ids: {"nodes": [one_of(choose, ids) for _ in range(choose.between(1, max(1, len(ids) // 2)))]},
    "cut": lambda choose, ids: {"a": one_of(choose, ids), "b": choose.of(*ids)},
    "cut_one_way": lambda choose, ids: {"a": one_of(choose, ids), "b": one_of(choose, ids)},
    "slow_link": lambda choose, ids: {"a": one_of(choose, ids), "b": choose.of(*ids), "ms": choose.between(10, 600)},
    "lossy_link": lambda choose, ids: {"a": one_of(choose, ids), "b": choose.of(*ids), "percent": choose.between(10, 80)},
    "duplicating_link": lambda choose, ids: {"a": one_of(choose, ids), "b": choose.of(*ids), "percent": choose.between(20, 100)},
    "reordering_link": lambda choose, ids: {"a": one_of(choose, ids), "b": choose.of(*ids), "ms": choose.between(10, 200)},
    "heal": lambda choose, ids: {},
    "clock_skew": lambda choose, ids: {"node": one_of(choose, ids), "ms": choose.between(-10_000, 10_000)},
    "clock_drift": lambda choose, ids: {"node": one_of(choose, ids), "percent": choose.between(-DRIFT_PERCENT_MAX, DRIFT_PERCENT_MAX)},
    "chaos": lambda choose, ids: {"per_minute": choose.of(30, 120, 300), "kind": "everything"},
    "transfer": lambda choose, ids: {"node": choose.of("any-follower", *ids)},
    "add_server": lambda choose, ids: {"node": choose.of("spare", *ids)},
    "remove_server": lambda choose, ids: {"node": choose.of("leader", "any-follower", *ids)},
}


def draw_script(choose, ids):
    times = sorted(choose.between(300_000, HEALED_US) for _ in range(choose.between(5, 25)))
    kinds = [choose.of(*FAULTS) for _ in times]
    script = [(at_us, kind, FAULTS[kind](choose, ids)) for at_us, kind in zip(times, kinds, strict=True)]
    ends = [
        ("chaos", {"per_minute": 0, "kind": "everything"}),
        ("heal", {}),
        ("restart_all", {}),
        *(("resume", {"node": id}) for id in ids),
    ]
    return script + [(HEALED_US, *end) for end in [*ends, ("write", {"key": "x", "value": "new"})]]


def draw(seed):
    """Parameters and script of a run."""
    choose = Choices(seed)
    parameters = draw_parameters(choose)
    ids = [f"n{i + 1}" for i in range(parameters["nodes"] + parameters["spares"])]
    return parameters, draw_script(choose, ids)


def broken(seed):
    """What is wrong with the run of this seed; empty where nothing is."""
    parameters, script = draw(seed)
    until_us = HEALED_US + PATIENCE * 1000 * parameters["election_ms_max"]
    played = play(LAB, until_us, script, parameters, seed)
    wrong = [f"{checker}: {text}" for checker, text in played.violations().items()]
    wrong += [f"{note.node} failed: {note.fields['error']}" for note in played.notes("failed")]
    # Committed, not answered: a lossy network may still lose the answer.
    accepted = [note for note in played.notes("committed") if HEALED_US < note.t_us <= until_us and "=" in note.fields["command"]]
    if not accepted:
        wrong.append(f"no write was accepted within {PATIENCE} election time-outs after all was healed")
    wrong += [f"{process.id} is {process.status}" for process in played.simulation.processes.values() if process.status != UP]
    if wrong:
        wrong += [f"seed {seed}, parameters {parameters}", *map(repr, script)]
    return wrong


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_faults_inside_the_model_break_no_promise_and_a_healed_cluster_takes_a_write(first):
    for seed in range(first, first + CHUNK):
        wrong = broken(seed)
        assert not wrong, "\n".join(wrong)


def test_the_runs_go_where_it_is_dangerous():
    """Not every run meets everything, but all together do: else the sweep would prove little."""
    seen = set()
    for seed in range(40):
        parameters, script = draw(seed)
        played = play(LAB, HEALED_US, script, parameters, seed)
        seen |= {e.name for e in played.events if isinstance(e, NoteEvent)} | {kind for _, kind, _ in script}
        seen |= {note.fields["command"].split()[0] for note in played.notes("committed")} & {"members"}
    assert seen >= {"stepped_down", "left", "compacted", "installed_snapshot", "members"} | set(FAULTS)


# Outside the model


@pytest.mark.parametrize("seed", range(3))
def test_a_wiped_disk_loses_a_committed_entry_and_leader_completeness_says_so(seed):
    """The one that was down knows little, the wiped one nothing; the two are a majority, and the third is not asked."""
    parameters = {"nodes": 3, "think_ms": 50}
    [first] = leader(play(LAB, 1_000_000, parameters=parameters, seed=seed).simulation)
    behind, wiped = [id for id in ("n1", "n2", "n3") if id != first]
    script = [
        (1_000_000, "crash", {"node": behind}),
        (3_000_000, "crash", {"node": first}),
        (3_000_000, "disk_loss", {"node": wiped}),
        (3_100_000, "restart", {"node": behind}),
        (3_100_000, "restart", {"node": wiped}),
    ]
    assert "leader-completeness" in play(LAB, 6_000_000, script, parameters, seed).violations()
    kept = [(at_us, "crash" if how == "disk_loss" else how, args) for at_us, how, args in script]
    assert play(LAB, 6_000_000, kept, parameters, seed).violations() == {}


def under_a_lease(seed, drift_percent):
    """A leader is cut off while its clock begins to drift; the clients still reach it."""
    parameters = {"reads": "lease", "think_ms": 500, "clients": 5, "latency_ms": 2, "jitter_ms": 0, "election_ms_max": 170}
    script = [
        (2_000_000, "clock_drift", {"node": "leader", "percent": drift_percent}),
        (2_000_000, "partition", {"nodes": ["leader"]}),
    ]
    return play(LAB, 4_000_000, script, parameters, seed).violations()


@pytest.mark.parametrize("seed", [6, 7, 11])  # a client thinks long enough to read at the old leader what another has overwritten
def test_a_clock_that_drifts_further_than_a_lease_allows_for_gives_an_old_value_and_linearizability_says_so(seed):
    assert set(under_a_lease(seed, -90)) == {"linearizability"}
    assert under_a_lease(seed, -DRIFT_PERCENT_MAX) == {}


def test_the_sweep_stays_inside_the_model():
    assert DRIFT_PERCENT_MAX * 2 < DRIFT_BOUND_PERCENT
    assert "disk_loss" not in FAULTS
