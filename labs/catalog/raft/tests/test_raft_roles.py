"""The diagram of roles is what the servers do: no other transition happens, and each of its own does."""

import dataclasses
from functools import cache

import pytest

from labs.catalog.raft.lab import LAB, ROLES
from labs.engine.errors import DefinitionError
from labs.engine.events import Event, NodeEvent, StateEvent
from labs.engine.testing import play

DECLARED = {(one["from"], one["to"]) for one in ROLES["transitions"]}
STORM = [(1_000_000, "chaos", {"per_minute": 200, "kind": "everything"})]
SEEDS = range(3)
RESTLESS = {"nodes": 5, "clients": 1, "election_ms_min": 100, "election_ms_max": 120, "latency_ms": 30}


def transitions(events: list[Event]) -> set[tuple[str | None, str]]:
    """Changes of role. What a stop takes from the memory is none; a start comes from nowhere."""
    roles: dict[str, str | None] = {}
    down: set[str] = set()
    seen = set()
    stopped_at = {(e.node, e.t_us) for e in events if isinstance(e, NodeEvent) and e.status == "down"}
    for event in events:
        if isinstance(event, NodeEvent):
            (down.add if event.status == "down" else down.discard)(event.node)
            if event.status == "down":
                roles[event.node] = None
        elif isinstance(event, StateEvent) and "role" in event.changed:
            to = event.changed["role"]
            if event.node not in down and (event.node, event.t_us) not in stopped_at:
                seen.add((roles.get(event.node), to))
                roles[event.node] = to
    return seen


@cache
def changes(seed: int, pre_vote: bool) -> set[tuple[str | None, str]]:
    return transitions(play(LAB, 8_000_000, STORM, {**RESTLESS, "pre_vote": pre_vote}, seed).events)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pre_vote", [True, False])
def test_no_server_changes_its_role_in_a_way_the_diagram_does_not_have(seed: int, pre_vote: bool) -> None:
    found = {(a, b) for a, b in changes(seed, pre_vote) if a is not None}
    assert found
    assert found <= DECLARED


def test_every_change_between_two_roles_in_the_diagram_happens() -> None:
    both = [changes(seed, pre_vote) for seed in SEEDS for pre_vote in (True, False)]
    assert {(a, b) for a, b in DECLARED if a is not None and a != b} <= set().union(*both)


def test_a_diagram_with_a_state_it_does_not_have_is_refused() -> None:
    wrong = {**ROLES, "transitions": [{"from": "follower", "to": "king", "label": "crowned"}]}
    with pytest.raises(DefinitionError, match="'follower' to 'king'"):
        dataclasses.replace(LAB, panels=(wrong,))
