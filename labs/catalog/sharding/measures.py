"""What can be asked of a sharding run, and what is shown for it. Twelve keys stand for all: which ones, the seed says."""

from __future__ import annotations

from collections import Counter

from labs.catalog.sharding.invariants import coordinator, shards
from labs.catalog.sharding.keys import INITIALS, names
from labs.catalog.sharding.layout import Layout, servers, table
from labs.catalog.sharding.messages import Request
from labs.catalog.sharding.placement.hashing import key64, nth64
from labs.engine.dice import Dice, mix, seed_of
from labs.engine.events import FlowEvent, MessageEvent
from labs.engine.measures import Given, Measure, Measured, Moment, Table, Unclear, listed, seconds

KEYS_LISTED = 12
CIRCLE = 1000  # places of the circle as they are shown
LETTERS = ("a-c", "d-f", "g-i", "j-m", "n-p", "q-s", "t-z")


def listed_keys(moment: Moment) -> tuple[str, ...]:
    """Some of the keys, in alphabetical order."""
    dice, rest, found = Dice(seed_of(moment.simulation.seed, "listed keys")), list(names(moment.simulation.parameters["keys"])), []
    for _ in range(KEYS_LISTED):
        found.append(rest.pop(dice.between(0, len(rest) - 1)))
    return tuple(sorted(found))


def first_layout(moment: Moment) -> Layout:
    return coordinator(moment.simulation)[1].config.first


def holders(moment: Moment) -> dict[str, str]:
    """Listed key -> the one shard that has it on its disk. Raises Unclear while keys move."""
    found: dict[str, str] = {}
    for key in listed_keys(moment):
        on_disk = [process.id for process, node in shards(moment.simulation) if key in node.disk.data]
        if len(on_disk) != 1:
            raise Unclear("Keys are on the move.")
        found[key] = on_disk[0]
    return found


def shard_ids(moment: Moment) -> tuple[str, ...]:
    return tuple(process.id for process, _ in shards(moment.simulation))


# Measures


def keys_moved(moment: Moment) -> Measured:
    before, now = table(first_layout(moment)), holders(moment)
    moved = [f"{key} ({before[key][0]} to {shard})" for key, shard in now.items() if before[key][0] != shard]
    words = f"{listed(moved)} moved" if moved else "None of them moved"
    return Measured(value=str(len(moved)), why=f"{words}; {len(now) - len(moved)} stayed.")


def holder(moment: Moment) -> Measured:
    key, shard = next(iter(holders(moment).items()))
    before = table(first_layout(moment))[key][0]
    why = f"{key} went from {before} to {shard}." if before != shard else f"{key} is still on {shard}."
    return Measured(value=shard, why=why, options=shard_ids(moment))


def fullest(moment: Moment) -> Measured:
    counts = Counter(holders(moment).values()).most_common()
    if len(counts) > 1 and counts[0][1] == counts[1][1]:
        raise Unclear("Two shards hold as many of these keys.")
    words = listed([f"{shard} holds {count}" for shard, count in counts])
    return Measured(value=counts[0][0], why=f"Of the {KEYS_LISTED} keys {words}.", options=shard_ids(moment))


def busiest_percent(moment: Moment) -> Measured:
    """Of all requests that routers sent to shards so far, shown one by one or counted in flows."""
    counts: Counter[str] = Counter()
    ids = set(shard_ids(moment))
    for event in moment.events:
        if isinstance(event, FlowEvent) and event.dst in ids and event.src.startswith("r"):
            counts[event.dst] += event.count
        elif isinstance(event, MessageEvent) and event.dst in ids and isinstance(event.body, Request):
            counts[event.dst] += 1
    if not counts:
        raise Unclear("Nothing was asked for yet.")
    (shard, most), total = counts.most_common(1)[0], counts.total()
    return Measured(value=str(round(100 * most / total)), why=f"{shard} got {most} of {total} requests.")


# Givens


def keys(moment: Moment) -> Table:
    rows = tuple((key, shard) for key, shard in holders(moment).items())
    return Table(title=f"At {seconds(moment.at_us)}", columns=("Key", "Held by"), rows=rows)


def remainders(moment: Moment) -> Table:
    """What counts of each key's hash where n shards become n + 1."""
    count = len(first_layout(moment).members)
    whole = count * (count + 1)
    rows = tuple((key, str(key64(key) % whole)) for key in listed_keys(moment))
    return Table(title="The keys", columns=("Key", f"Remainder of its hash by {whole}"), rows=rows)


def place(bits: int) -> int:
    return bits * CIRCLE >> 64


def circle(moment: Moment) -> list[tuple[int, str]]:
    """Where every server stands that takes part or might. Raises Unclear where two stand at one place, as it is shown."""
    points = moment.simulation.parameters["virtual_nodes"]
    found = sorted((place(nth64(key64(id), number)), id) for id in shard_ids(moment) for number in range(points))
    if len({at for at, _ in found}) < len(found):
        raise Unclear("Two shards stand too close to each other on the circle.")
    return found


def ring(moment: Moment) -> Table:
    members = servers(first_layout(moment))
    rows = tuple((str(at), id if id in members else f"{id} (spare)") for at, id in circle(moment))
    return Table(title=f"The circle, from 0 to {CIRCLE - 1}", columns=("Place", "Shard"), rows=rows)


def places(moment: Moment) -> Table:
    points = {at for at, _ in circle(moment)}
    found = {key: place(mix(key64(key))) for key in listed_keys(moment)}
    if points & set(found.values()):
        raise Unclear("A key stands too close to a shard on the circle.")
    return Table(title="The keys on the circle", columns=("Key", "Place"), rows=tuple((key, str(at)) for key, at in found.items()))


def letters(moment: Moment) -> Table:
    """How many keys begin with which letters, and which one is the celebrity."""
    all_keys = names(moment.simulation.parameters["keys"])
    counts = Counter(key[0] for key in all_keys)
    rows = [(span, str(sum(counts[letter] for letter in INITIALS if span[0] <= letter <= span[-1]))) for span in LETTERS]
    title = f"{len(all_keys)} keys; the celebrity is {all_keys[0]}"
    return Table(title=title, columns=("First letter", "Keys"), rows=tuple(rows))


MEASURES = (
    Measure(
        name="keys_moved",
        title="How many of these keys are on another shard than at the start?",
        kind="number",
        unit="keys",
        take=keys_moved,
    ),
    Measure(name="holder", title="Which shard holds the first key of the list?", kind="node", take=holder),
    Measure(name="fullest", title="Which shard holds most of these keys?", kind="node", take=fullest),
    Measure(
        name="busiest_percent", title="What share of all requests did the busiest shard get?", kind="number", unit="%", take=busiest_percent
    ),
)
GIVENS = (
    Given(name="keys", title="Twelve keys and who holds them", show=keys),
    Given(name="remainders", title="Twelve keys, and what counts of their hashes when a shard joins", show=remainders, at=False),
    Given(name="ring", title="Where every shard stands on the circle", show=ring, at=False),
    Given(name="places", title="Twelve keys and their places on the circle", show=places, at=False),
    Given(name="letters", title="How many keys begin with which letters", show=letters, at=False),
)
