"""What a question about a Raft run can show: who waits how long, what stands in which log, whom the leader has heard of what."""

from __future__ import annotations

from itertools import groupby

from labs.catalog.raft.actions import leader
from labs.catalog.raft.challenges import raft
from labs.catalog.raft.measures import first_write, leading
from labs.catalog.raft.messages import AppendEntriesReply
from labs.engine.dice import Dice
from labs.engine.events import MessageEvent
from labs.engine.measures import Given, Moment, Table, Unclear, milliseconds, seconds
from labs.engine.process import DOWN, PAUSED, UP

DRAWS = 9  # as many patiences as are told in advance
MAX_US = 1 << 60


def state(moment: Moment, id: str) -> str:
    """What a server does, in a word or two."""
    process = moment.simulation.processes[id]
    if process.status in (DOWN, PAUSED):
        return "stopped" if process.status == DOWN else "paused"
    links = moment.simulation.network.links
    cut = [other for other in moment.simulation.servers if other != id and links[id][other].cut]
    role = raft(moment.simulation, id).memory.role
    word = {"leader": "leads", "follower": "follows"}.get(role, "asks for votes")
    return f"{word}, cut off from {', '.join(cut)}" if cut else word


def last_entry(moment: Moment, id: str) -> str:
    node = raft(moment.simulation, id)
    return f"{node.last_index} (term {node.term_at(node.last_index)})"


def patience(moment: Moment, id: str) -> str:
    """When a server's patience ends if it hears nothing."""
    process = moment.simulation.processes[id]
    due_us = process.timers.get("election")
    return seconds(due_us) if due_us is not None and process.status == UP else "–"


def no_surprise(moment: Moment) -> None:
    """A heartbeat on its way to a running server would change what is shown. Raises Unclear."""
    for event in moment.simulation.flights.values():
        if type(event.body).__name__ in ("AppendEntries", "RequestVote", "InstallSnapshot") and event.dst in moment.simulation.servers:
            raise Unclear("A leader's message is still on its way.")


def patiences(moment: Moment) -> Table:
    no_surprise(moment)
    rows = tuple((id, state(moment, id), patience(moment, id)) for id in moment.simulation.servers)
    return Table(title=f"At {seconds(moment.at_us)}", columns=("Server", "State", "Its patience ends at"), rows=rows)


def servers(moment: Moment) -> Table:
    no_surprise(moment)
    rows = tuple((id, state(moment, id), last_entry(moment, id), patience(moment, id)) for id in moment.simulation.servers)
    return Table(title=f"At {seconds(moment.at_us)}", columns=("Server", "State", "Last entry", "Its patience ends at"), rows=rows)


def draws(moment: Moment) -> Table:
    """The next patiences of every server that is cut off from the leader: what its own dice will give."""
    found = leader(moment.simulation)
    links, p = moment.simulation.network.links, moment.simulation.parameters
    low, high = sorted((p["election_ms_min"] * 1000, p["election_ms_max"] * 1000))
    rows = []
    for id in moment.simulation.servers:
        process = moment.simulation.processes[id]
        if found and id != found[0] and links[found[0]][id].cut and process.status == UP:
            dice = Dice(process.dice.state)
            then = ", ".join(milliseconds(dice.between(low, high)) for _ in range(DRAWS))
            rows.append((id, str(raft(moment.simulation, id).disk.current_term), patience(moment, id), then))
    if not rows:
        raise Unclear("No server is cut off from a leader.")
    columns = ("Server", "Term", "Its patience ends at", "Then it draws, one after the other (ms)")
    return Table(title=f"At {seconds(moment.at_us)}", columns=columns, rows=tuple(rows))


def replicas(moment: Moment) -> Table:
    """What the leader knows of every log."""
    id = leading(moment)
    node = raft(moment.simulation, id)
    reach = {id: node.last_index} | node.memory.match_index
    rows = tuple((other, "leads" if other == id else "follows", str(reach[other])) for other in moment.simulation.servers if other in reach)
    return Table(title=f"What {id} knows at {seconds(moment.at_us)}", columns=("Server", "State", "Holds the log up to"), rows=rows)


def spans(moment: Moment, id: str) -> str:
    """A log in a line: `1 to 4 of term 1, 5 of term 3`."""
    node = raft(moment.simulation, id)
    first = node.disk.snapshot.last_included_index + 1
    if first > 1:
        raise Unclear("A log is compacted.")
    words = []
    for term, group in groupby(enumerate(node.disk.log, first), lambda pair: pair[1].term):
        indices = [index for index, _ in group]
        words.append(f"{indices[0]} to {indices[-1]} of term {term}" if len(indices) > 1 else f"{indices[0]} of term {term}")
    return ", ".join(words) or "empty"


def logs(moment: Moment) -> Table:
    rows = tuple((id, state(moment, id), spans(moment, id)) for id in moment.simulation.servers)
    return Table(title=f"Logs at {seconds(moment.at_us)}", columns=("Server", "State", "Entries"), rows=rows)


def answers(moment: Moment) -> Table:
    """The first write of a client: when each follower's answer is back at the leader."""
    id, index, appended_us = first_write(moment)
    back: dict[str, int] = {}
    for event in moment.events:
        if not isinstance(event, MessageEvent) or event.dst != id or event.fate != "delivered":
            continue
        if isinstance(event.body, AppendEntriesReply) and event.body.success and event.body.match_index >= index:
            back[event.src] = min(back.get(event.src, MAX_US), event.arrives_us)
    others = [other for other in moment.simulation.servers if other != id]
    if any(other not in back for other in others):
        raise Unclear("Not every follower has answered.")
    rows = tuple((other, f"{milliseconds(back[other] - appended_us)} ms") for other in others)
    title = f"The first write: entry {index}, in the log of {id} at {seconds(appended_us)}"
    return Table(title=title, columns=("Follower", f"Its answer reaches {id} after"), rows=rows)


def snapshots(moment: Moment) -> Table:
    rows = []
    for id in moment.simulation.servers:
        node = raft(moment.simulation, id)
        base = node.disk.snapshot.last_included_index
        rows.append((id, state(moment, id), str(base) if base else "none", str(node.last_index)))
    return Table(title=f"At {seconds(moment.at_us)}", columns=("Server", "State", "Snapshot up to", "Last entry"), rows=tuple(rows))


GIVENS = (
    Given(name="patience", title="When each server's patience ends", show=patiences),
    Given(name="servers", title="What each server does, its last entry, and when its patience ends", show=servers),
    Given(name="draws", title="The patiences that a server will draw which is cut off", show=draws),
    Given(name="replicas", title="How far the leader knows each log to reach", show=replicas),
    Given(name="logs", title="Every log", show=logs),
    Given(name="answers", title="When the answers to the first write are back", show=answers),
    Given(name="snapshots", title="Where every log begins and ends", show=snapshots),
)
