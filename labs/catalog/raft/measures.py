"""What can be asked of a Raft run. What a question shows for it is in `givens`."""

from __future__ import annotations

from collections.abc import Iterable

from labs.catalog.raft.actions import leader, members_of
from labs.catalog.raft.challenges import raft
from labs.catalog.raft.messages import Entry
from labs.engine.events import FaultEvent, NodeEvent, NoteEvent, StateEvent
from labs.engine.measures import NONE, Measure, Measured, Moment, Unclear, listed, milliseconds, seconds, states_at
from labs.engine.process import UP

ROUND_TRIPS = 2  # of an election: asking first, and voting


def leading(moment: Moment) -> str:
    """Who leads the newest term. Raises Unclear where nobody does."""
    found = leader(moment.simulation)
    if not found:
        raise Unclear("Nobody leads at this moment.")
    return found[0]


def notes(moment: Moment, *names: str) -> list[NoteEvent]:
    return [event for event in moment.events if isinstance(event, NoteEvent) and event.name in names]


def faults(moment: Moment, *names: str) -> list[FaultEvent]:
    """What was done to the run so far, of these kinds; of any kind where none is named."""
    return [event for event in moment.events if isinstance(event, FaultEvent) and (not names or event.name in names)]


def close_us(moment: Moment) -> int:
    """Who stands so shortly after another may divide the votes: the messages of an election, and the syncs between them."""
    p = moment.simulation.parameters
    way_ms: int = p["latency_ms"] + 2 * p["jitter_ms"]
    sync_ms: int = p["sync_ms"]
    return 2 * ROUND_TRIPS * (way_ms + sync_ms) * 1000


def victory(moment: Moment) -> NoteEvent:
    """The newest election that was won."""
    won = notes(moment, "became_leader")
    if not won:
        raise Unclear("Nobody has won an election yet.")
    return won[-1]


def patience_ended_us(moment: Moment, won: NoteEvent) -> int:
    """When the winner lost patience. Raises Unclear where somebody else lost it at nearly the same moment, or stood before."""
    told = notes(moment, "lost_patience" if moment.simulation.parameters["pre_vote"] else "election_started")
    own = [event.t_us for event in told if event.node == won.node and event.t_us <= won.t_us]
    if not own:
        raise Unclear(f"{won.node} was told to stand.")
    rivals = [event for event in told if event.node != won.node and abs(event.t_us - own[-1]) <= close_us(moment)]
    if rivals:
        raise Unclear("Two servers lost patience at nearly the same moment.")
    since_us = max((event.t_us for event in faults(moment) if event.t_us < won.t_us), default=0)
    stood = [
        event
        for event in notes(moment, "election_started")
        if since_us < event.t_us < won.t_us and event.fields["term"] < won.fields["term"]
    ]
    if stood:
        raise Unclear("It took more than one election.")
    return own[-1]


def current_leader(moment: Moment) -> Measured:
    simulation = moment.simulation
    options = (*simulation.servers, NONE)
    found = leader(simulation)
    if found:
        won = victory(moment)
        patience_us = patience_ended_us(moment, won)
        if won.node != found[0]:
            raise Unclear(f"{won.node} won an election and no longer leads.")
        votes = listed(str(won.fields["votes"]).split(", "))
        why = f"{found[0]} leads term {won.fields['term']} since {seconds(won.t_us)}: it lost patience at {seconds(patience_us)} and had"
        return Measured(value=found[0], why=f"{why} the votes of {votes}.", options=options)
    running = [id for id in simulation.servers if simulation.processes[id].status == UP]
    needed = len(members_of(simulation)) // 2 + 1
    if len(running) >= needed:
        raise Unclear("Nobody leads, though a majority runs.")
    why = f"Nobody leads: {len(running)} servers run ({listed(running)}), and a majority is {needed}."
    return Measured(value=NONE, why=why, options=options)


def takeover(moment: Moment) -> Measured:
    """From the stop of a leader to the next one's first moment."""
    stops = [event for event in moment.events if isinstance(event, NodeEvent) and event.status != UP]
    won = victory(moment)
    if not stops or stops[-1].t_us >= won.t_us:
        raise Unclear("Nobody has stopped and been replaced.")
    patience_us = patience_ended_us(moment, won)
    why = f"{won.node} lost patience at {seconds(patience_us)} and led at {seconds(won.t_us)}, "
    took_us = won.t_us - stops[-1].t_us
    return Measured(value=milliseconds(took_us), why=f"{why}{milliseconds(took_us)} ms after {stops[-1].node} stopped.")


def highest_term(moment: Moment) -> Measured:
    terms = {id: raft(moment.simulation, id).disk.current_term for id in moment.simulation.servers}
    highest = max(terms.values())
    holders = [id for id, term in terms.items() if term == highest]
    due = [due_us for id in holders if (due_us := moment.simulation.processes[id].timers.get("election"))]
    last = notes(moment, "election_started")
    if [*last, *due] and (min(due, default=1 << 60) - moment.at_us < 20_000 or moment.at_us - last[-1].t_us < 20_000):
        raise Unclear("A patience ends at nearly this moment.")
    stood = [seconds(event.t_us) for event in last if event.node in holders and event.fields["term"] > 1]
    why = f"The highest term is {highest}, known to {listed(holders)}."
    if len(holders) == 1 and stood:
        why = f"{holders[0]} stood at {listed(stood)}, each time in a term of its own: it has come to term {highest}."
    return Measured(value=str(highest), why=why)


def commit_index(moment: Moment) -> Measured:
    id = leading(moment)
    node = raft(moment.simulation, id)
    held = sorted([node.last_index, *node.memory.match_index.values()], reverse=True)
    needed = len(members_of(moment.simulation)) // 2 + 1
    found = node.memory.commit_index
    why = f"The logs are known to reach {listed([str(index) for index in held])}. Number {needed} of these is {held[needed - 1]}"
    if found != held[needed - 1]:
        raise Unclear("Entries of an earlier term stand on a majority.")
    return Measured(value=str(found), why=f"{why}, so {needed} servers hold everything up to there.")


Log = dict[int, Entry]


def logs_at(moment: Moment, until_us: int) -> dict[str, Log]:
    """Each server's log just before `until_us`, as it was told."""
    states = states_at(moment.events, until_us)
    return {id: dict(enumerate(states[id]["log"], states[id]["log_first"])) for id in moment.simulation.servers}


def merged(logs: Iterable[Log]) -> Log:
    """All logs as one. Raises Unclear where two hold different entries at one index."""
    entries: Log = {}
    for log in logs:
        for index, entry in log.items():
            if entries.setdefault(index, entry) != entry:
                raise Unclear("The logs do not agree yet.")
    return entries


def entries_lost(moment: Moment) -> Measured:
    """Entries that stood in some log when the links were last mended, and stand in none any more."""
    mended = faults(moment, "heal")
    if not mended:
        raise Unclear("The links were not mended.")
    before, logs, id = logs_at(moment, mended[-1].t_us), logs_at(moment, moment.at_us), leading(moment)
    after, shown_from = merged(logs.values()), max(min(log) for log in logs.values())
    merged({index: entry for index, entry in log.items() if index < shown_from} for log in before.values())  # what is out of sight agreed
    entries = {(index, entry) for log in before.values() for index, entry in log.items() if index >= shown_from}
    gone = sorted((index, entry.term) for index, entry in entries if after.get(index) != entry)
    if not gone:
        return Measured(value="0", why=f"Every entry is in the log of {id}, which leads.")
    words = f"{'Entry' if len(gone) == 1 else 'Entries'} {listed([f'{index} of term {term}' for index, term in gone])}"
    return Measured(value=str(len(gone)), why=f"{words} gave way to the log of {id}.")


def first_write(moment: Moment) -> tuple[str, int, int]:
    """The first entry that a client asked for: its leader, its index, when it stood in the leader's log."""
    for event in moment.events:
        log = event.changed.get("log") if isinstance(event, StateEvent) else None
        if isinstance(event, StateEvent) and isinstance(log, dict):
            for offset, entry in enumerate(log["items"]):
                if entry.client:
                    return event.node, log["at"] + offset + 1, event.t_us
    raise Unclear("No client has written anything yet.")


def commit_delay(moment: Moment) -> Measured:
    """From the moment a write stands in the leader's log to the moment it is committed there."""
    id, index, appended_us = first_write(moment)
    told = [event for event in notes(moment, "committed") if event.node == id and event.fields["index"] >= index]
    if not told or leader(moment.simulation) != [id] or len(notes(moment, "became_leader")) > 1:
        raise Unclear("The first write was not committed by the first leader.")
    took, needed = milliseconds(told[0].t_us - appended_us), len(members_of(moment.simulation)) // 2
    answers = "one answer; it" if needed == 1 else f"{needed} answers; the last of these"
    return Measured(value=took, why=f"Beside its own copy, {id} needed {answers} came after {took} ms.")


ENTRIES, SNAPSHOT = "log entries", "a snapshot"
SOON_US = 300_000  # within which a server that is back is being repaired


def repaired_by(moment: Moment) -> Measured:
    """How the servers that were started again are brought up to date: all of them in one way."""
    started = faults(moment, "restart", "restart_all")
    if not started:
        raise Unclear("No server was started again.")
    since_us, last = started[-1].t_us, raft(moment.simulation, leading(moment)).last_index
    back = [e.node for e in moment.events if isinstance(e, NodeEvent) and e.t_us == since_us and e.status == UP]
    if any(raft(moment.simulation, id).memory.commit_index < last - 5 for id in back):
        raise Unclear("They are not up to date yet.")
    if any(since_us <= event.t_us < since_us + SOON_US for event in notes(moment, "compacted")):
        raise Unclear("The log was compacted while they came back.")
    taken = {event.node for event in notes(moment, "installed_snapshot") if event.t_us >= since_us}
    if not back or len(taken & set(back)) not in (0, len(back)):
        raise Unclear("One was repaired in another way than another.")
    why = (
        "What they lack was no longer in the leader's log, so they were sent its snapshot."
        if taken
        else "All that they lack was still in the leader's log."
    )
    return Measured(value=SNAPSHOT if taken else ENTRIES, why=why, options=(ENTRIES, SNAPSHOT))


MEASURES = (
    Measure(name="leader", title="Which server leads?", kind="node", take=current_leader),
    Measure(name="takeover", title="How long after the stop does the next leader begin?", kind="number", unit="ms", take=takeover),
    Measure(name="highest_term", title="What is the highest term that any server has reached?", kind="number", take=highest_term),
    Measure(name="commit_index", title="What is the leader's commit index?", kind="number", take=commit_index),
    Measure(name="entries_lost", title="How many entries are gone from every log?", kind="number", unit="entries", take=entries_lost),
    Measure(
        name="commit_delay",
        title="How long after the leader stored it is the write committed?",
        kind="number",
        unit="ms",
        take=commit_delay,
    ),
    Measure(name="repaired_by", title="What are the returning servers sent?", kind="choice", take=repaired_by),
)
