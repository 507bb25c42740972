"""The caching lab. What can be set is in `parameters`, what can be done in `actions`, what can be turned off in `switches`."""

from __future__ import annotations

from pathlib import Path

from labs.catalog.caching.actions import ACTIONS, SELECTORS
from labs.catalog.caching.challenges import CHALLENGES
from labs.catalog.caching.invariants import INVARIANTS
from labs.catalog.caching.measures import GIVENS, MEASURES
from labs.catalog.caching.panels import MESSAGES, NOTES, PANELS, TOPOLOGY
from labs.catalog.caching.parameters import PARAMETERS, setup
from labs.catalog.caching.scenarios import SCENARIOS
from labs.catalog.caching.switches import SWITCHES
from labs.engine.definition import Lab, Step
from labs.engine.faults import CHAOS, DISK_FAULTS, LINK_FAULTS, PROCESS_FAULTS

LAB = Lab(
    slug="caching",
    title="Caching",
    version=1,
    summary="Clients, a tier of cache nodes and a database that gets slow under load: what a cache saves, and what it can get wrong.",
    lessons=("8.1", "8.9"),
    parameters=PARAMETERS,
    scenarios=SCENARIOS,
    actions=(*PROCESS_FAULTS, *DISK_FAULTS, *LINK_FAULTS, *CHAOS, *ACTIONS),
    steps=(
        Step(name="crash-cache", title="Stop a cache node", action="crash", args={"node": "any-cache"}),
        Step(name="crash-dirtiest", title="Stop the cache node with the most dirty keys", action="crash", args={"node": "dirtiest-cache"}),
        Step(name="kill-database", title="Stop the database", action="crash", args={"node": "database"}),
        Step(name="restart-all", title="Start all stopped nodes", action="restart_all"),
        Step(name="flush", title="Empty the caches", action="flush"),
        Step(name="scan", title="Scan all keys", action="scan"),
        Step(name="shift", title="Let other keys become popular", action="popularity", args={"kind": "zipf", "shift": 300}),
        Step(name="expire-hot", title="Invalidate the hottest key", action="invalidate", args={"key": "k0"}),
    ),
    invariants=INVARIANTS,
    switches=SWITCHES,
    challenges=CHALLENGES,
    measures=MEASURES,
    givens=GIVENS,
    messages=MESSAGES,
    notes=NOTES,
    topology=TOPOLOGY,
    panels=PANELS,
    selectors=SELECTORS,
    setup=setup,
    brief=Path(__file__).with_name("brief.md").read_text(encoding="utf-8"),
)
