"""What can be asked of a Raft run: the answer follows from what is shown, for many seeds, and is not always the same.

Every `solve` below reasons from the tables alone, as a student would; it knows nothing of the engine.
"""

import pytest

from labs.catalog.raft import LAB
from labs.engine.chunks import Run
from labs.engine.measures import Unclear, replay, states_at
from labs.engine.simulation import Simulation
from labs.engine.testing import clear, commands_of, look, play

S = 1_000_000
QUIET = {"jitter_ms": 0, "latency_ms": 10, "sync_ms": 0}
STOP = [(2 * S, "crash", {"node": "leader"})]
RUNS = 20


def at(text):
    return float(text.removesuffix(" s"))


def entry(text):
    index, _, term = text.partition(" (term ")
    return int(term.rstrip(")")), int(index)


def running(rows):
    return [row for row in rows if row[1] not in ("stopped", "paused")]


def first_to_stand(tables):
    rows = tables["patience"].rows
    up = running(rows)
    return min(up, key=lambda row: at(row[2]))[0] if len(up) > len(rows) // 2 else "none"


def first_with_a_log_for_a_majority(tables):
    rows = tables["servers"].rows
    up = running(rows)
    for row in sorted(up, key=lambda row: at(row[3])):
        if sum(entry(other[2]) <= entry(row[2]) for other in up) > len(rows) // 2:
            return row[0]
    return "none"


def explained(measure, measured):
    """Whether the sentence says what was found."""
    words = {"commit_index": f"is {measured.value}, so", "commit_delay": f"after {measured.value} ms."}
    words["highest_term"] = f"term is {measured.value}," if "highest" in measured.why else f"to term {measured.value}."
    return words.get(measure, "") in measured.why


def agree(solve, *args, least=3, **parameters):
    """The answer reasoned out is the answer measured, and there are at least so many different ones."""
    answers = set()
    for measured, tables in clear(RUNS, LAB, *args, **parameters):
        assert solve(tables) == measured.value, (tables, measured)
        assert explained(args[0][0], measured), measured
        answers.add(measured.value)
    assert len(answers) >= least, answers


def test_who_leads_is_whose_patience_ends_first():
    agree(first_to_stand, ("leader", 4 * S), [("patience", 2_020_000)], "steady", STOP, clients=0, **QUIET)


@pytest.mark.parametrize(("nodes", "least"), [(5, 1), (7, 3)])
def test_nobody_leads_once_too_few_are_left(nodes, least):
    script = [(2 * S, "crash", {"node": "two-followers"}), (3 * S, "crash", {"node": "leader"})]
    agree(first_to_stand, ("leader", 5 * S), [("patience", 3_020_000)], "steady", script, least=least, nodes=nodes, clients=0, **QUIET)


def test_a_log_that_is_behind_wins_no_election():
    cut = [(1_500_000, "partition", {"nodes": ["any-follower"]}), (3_500_000, "crash", {"node": "leader"}), (3_500_000, "heal", {})]
    shows = [("servers", 3_520_000)]
    agree(first_with_a_log_for_a_majority, ("leader", 5 * S), shows, "steady", cut, think_ms=400, **QUIET)
    impatient = [
        min(running(tables["servers"].rows), key=lambda row: at(row[3]))[0] != measured.value
        for measured, tables in clear(RUNS, LAB, ("leader", 5 * S), shows, "steady", cut, think_ms=400, **QUIET)
    ]
    assert any(impatient), "the first to lose patience always won, so the logs were never looked at"


@pytest.mark.parametrize("pre_vote", [True, False])
def test_a_new_leader_takes_one_round_trip_or_two(pre_vote):
    def solve(tables):
        patience_ms = (min(at(row[2]) for row in running(tables["patience"].rows)) - 2) * 1000
        return patience_ms + (4 if pre_vote else 2) * 10

    for measured, tables in clear(
        RUNS, LAB, ("takeover", 4 * S), [("patience", 2_020_000)], "steady", STOP, clients=0, pre_vote=pre_vote, **QUIET
    ):
        assert float(measured.value) == pytest.approx(solve(tables), abs=1)


@pytest.mark.parametrize(("pre_vote", "least"), [(True, 1), (False, 3)])
def test_who_is_cut_off_comes_to_a_higher_term_unless_it_asks_first(pre_vote, least):
    def solve(tables):
        (_, term, due, then), term_now = tables["draws"].rows[0], 0
        term_now, moment = int(term), at(due)
        for drawn in then.split(", "):
            if moment < 6.2 and not pre_vote:
                term_now, moment = term_now + 1, moment + float(drawn) / 1000
        return str(term_now)

    script = [(2 * S, "partition", {"nodes": ["any-follower"]})]
    settings = {"clients": 0, "election_ms_max": 900, "pre_vote": pre_vote}
    agree(solve, ("highest_term", 6_200_000), [("draws", 2_100_000)], "steady", script, least=least, **settings, **QUIET)


@pytest.mark.parametrize("nodes", [5, 7])
def test_the_commit_index_is_what_a_majority_holds(nodes):
    def solve(tables):
        rows = tables["replicas"].rows
        return str(sorted((int(row[2]) for row in rows), reverse=True)[len(rows) // 2])

    agree(solve, ("commit_index", 3 * S), [("replicas", 3 * S)], "busy", nodes=nodes, jitter_ms=100, latency_ms=20)


def test_entries_of_a_leader_that_was_cut_off_are_lost():
    def entries(text):
        found = set()
        for part in text.split(", "):
            span, _, term = part.partition(" of term ")
            first, _, last = span.partition(" to ")
            found |= {(index, int(term)) for index in range(int(first), int(last or first) + 1)}
        return found

    def solve(tables):
        rows = tables["logs"].rows
        new = max((entries(row[2]) for row in rows if row[1].startswith("leads")), key=lambda log: max(term for _, term in log))
        return str(len(set().union(*(entries(row[2]) for row in rows)) - new))

    script = [(2 * S, "partition", {"nodes": ["leader", "any-follower"]}), (5 * S, "heal", {})]
    agree(solve, ("entries_lost", 6_500_000), [("logs", 5 * S)], "busy", script)


@pytest.mark.parametrize("nodes", [3, 5, 7])
def test_a_write_is_committed_with_the_answer_that_makes_a_majority(nodes):
    def solve(tables):
        rows = tables["answers"].rows
        return sorted((row[1].removesuffix(" ms") for row in rows), key=float)[(len(rows) + 1) // 2 - 1]

    slow = {
        "jitter_ms": 60,
        "latency_ms": 20,
        "election_ms_min": 800,
        "election_ms_max": 1600,
        "heartbeat_ms": 500,
        "clients": 1,
        "sync_ms": 0,
    }
    agree(solve, ("commit_delay", 5 * S), [("answers", 5 * S)], "steady", nodes=nodes, **slow)


@pytest.mark.parametrize("compact_entries", [10, 16])
def test_who_needs_what_is_compacted_away_gets_a_snapshot(compact_entries):
    def solve(tables):
        rows = tables["snapshots"].rows
        base = next(row[2] for row in rows if row[1] == "leads")
        (needs,) = {int(row[3]) + 1 for row in rows if row[1] == "stopped"}
        return "a snapshot" if base != "none" and needs <= int(base) else "log entries"

    script = [(3_600_000, "crash", {"node": "two-followers"}), (5 * S, "restart_all", {})]
    settings = {"compact_entries": compact_entries, "think_ms": 400, "jitter_ms": 0}
    agree(solve, ("repaired_by", 7 * S), [("snapshots", 5 * S)], "steady", script, least=2, **settings)


def test_what_is_measured_explains_itself_and_can_be_answered():
    measured, _ = next(clear(1, LAB, ("leader", 3 * S), [], "steady", clients=0, **QUIET))
    assert measured.value in measured.options
    assert measured.options == ("n1", "n2", "n3", "n4", "n5", "none")
    assert measured.why.startswith(f"{measured.value} leads term 1 since")


def test_two_that_stand_at_once_give_no_clear_answer():
    with pytest.raises(Unclear, match="lost patience at nearly the same moment"):
        look(LAB, ("leader", 3 * S), [], 7, "steady")


def test_an_election_that_was_repeated_gives_no_clear_answer():
    """The first three to lose patience divide the votes, and a later patience decides, which nobody was shown."""
    cut = [(1_500_000, "partition", {"nodes": ["any-follower"]}), (3_500_000, "crash", {"node": "leader"}), (3_500_000, "heal", {})]
    with pytest.raises(Unclear, match="It took more than one election"):
        look(LAB, ("leader", 5 * S), [], 36, "steady", cut, think_ms=400, **QUIET)


def test_a_log_that_is_compacted_while_a_server_comes_back_gives_no_clear_answer():
    script = [(2 * S, "crash", {"node": "two-followers"}), (5 * S, "restart_all", {})]
    with pytest.raises(Unclear, match="compacted while they came back"):
        look(LAB, ("repaired_by", 7 * S), [], 70, "steady", script, compact_entries=20, think_ms=400, jitter_ms=0)


# Looking at a run


@pytest.mark.parametrize("moments", [[], [1], [2 * S - 1, 2 * S, 2 * S + 1], [500_000, 6 * S]])
def test_a_run_that_is_looked_at_is_the_same_run(moments):
    scenario = LAB.scenario("leader-crash")
    log = commands_of(scenario.script)
    run = Run(Simulation(LAB, scenario.parameters, 7))
    while run.frontier_us < 8 * S:
        run.next_chunk(log)
    seen = []
    digest = replay(LAB, scenario.parameters, 7, log, dict.fromkeys([*moments, 8 * S], seen.append))
    assert digest == run.digest
    assert [moment.at_us for moment in seen] == [*moments, 8 * S]


def test_a_chunk_that_is_full_is_cut_where_it_would_be(monkeypatch):
    from labs.engine import limits

    monkeypatch.setattr(limits, "CHUNK_EVENTS_MAX", 50)
    scenario = LAB.scenario("steady")
    for event in play(LAB, S, (), scenario.parameters).events[40:60]:
        run = Run(Simulation(LAB, scenario.parameters, 7))
        while run.frontier_us < S:
            run.next_chunk([])
        assert replay(LAB, scenario.parameters, 7, [], {event.t_us + 1: lambda _: None, S: lambda _: None}) == run.digest


def test_a_moment_is_just_before_what_is_done_then():
    statuses = {}
    looks = {at_us: lambda moment: statuses.update({moment.at_us: moment.simulation.processes["n1"].status}) for at_us in (S, S + 1)}
    replay(LAB, {}, 7, commands_of([(S, "crash", {"node": "n1"})]), looks)
    assert statuses == {S: "up", S + 1: "down"}


def test_states_are_built_from_events_as_a_browser_builds_them():
    played = play(LAB, 4 * S, STOP, LAB.scenario("busy").parameters)
    states = states_at(played.events, 5 * S)
    assert {id: states[id] for id in played.simulation.servers} == {
        id: played.simulation.processes[id].snapshot for id in played.simulation.servers
    }
