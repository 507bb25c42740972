"""What can be done to a layout: a server joins, leaves, weighs more, is split, a key is spread, the scheme changes.

Each takes a layout and gives the next one, or refuses in words. Nothing moves here: moving is the shards' work.
"""

from __future__ import annotations

from msgspec.structs import replace

from labs.catalog.sharding.layout import MEMBERS_MIN, WEIGHTED, Layout, Refusal, halves, servers
from labs.catalog.sharding.placement import ranges


def join(layout: Layout, name: str) -> Layout:
    """A new member, of weight 1. In the range scheme it takes the upper half of the widest range."""
    if name in servers(layout):
        raise Refusal(f"{name} takes part already")
    borders = layout.borders
    if layout.scheme == "range":
        low, high = ranges.widest(borders)
        borders = ranges.cut(borders, ranges.text_at((low + high) // 2), name)
    return replace(layout, members=(*layout.members, (name, 1)), borders=borders)


def leave(layout: Layout, name: str) -> Layout:
    """A member goes. The last member takes its place in the order, so that jump moves two shares and not all that follow."""
    present(layout, name)
    splits = tuple(pair for pair in layout.splits if name not in pair)
    rest = [member for member in layout.members if member[0] != name]
    if name in dict(layout.members) and rest and layout.members[-1][0] != name:
        at = [member[0] for member in layout.members].index(name)
        rest.insert(at, rest.pop())
    left = replace(layout, members=tuple(rest), splits=splits)
    if len(rest) < MEMBERS_MIN:
        raise Refusal(f"at least {MEMBERS_MIN} shards must stay")
    if layout.scheme == "range":
        left = replace(left, borders=without(layout.borders, name, rest[0][0]))
    return trimmed(left)


def without(borders: ranges.Borders, name: str, heir: str) -> ranges.Borders:
    return ranges.without(borders, name) if any(owner != name for _, owner in borders) else (("", heir),)


def weigh(layout: Layout, name: str, weight: int) -> Layout:
    """From now on a member holds `weight` shares."""
    if layout.scheme not in WEIGHTED:
        raise Refusal(f"the scheme {layout.scheme} knows no weights")
    if name not in dict(layout.members):
        raise Refusal(f"{name} is no member")
    if dict(layout.members)[name] == weight:
        raise Refusal(f"{name} has that weight already")
    return replace(layout, members=tuple((other, weight if other == name else w) for other, w in layout.members))


def split(layout: Layout, source: str, target: str, at: str) -> Layout:
    """Part of `source` goes to `target`: in the range scheme the keys from `at` on, else half of them, by a bit of their hash."""
    present(layout, source)
    if source == target:
        raise Refusal("a shard cannot be split into itself")
    if layout.scheme == "range":
        if ranges.owner(layout.borders, at) != source:
            raise Refusal(f"{source} holds no range with {at} in it")
        members = layout.members if target in dict(layout.members) else (*layout.members, (target, 1))
        return replace(layout, members=members, borders=ranges.cut(layout.borders, at, target))
    if target in servers(layout):
        raise Refusal(f"{target} takes part already")
    return replace(layout, splits=(*layout.splits, (source, target)))


def spread(layout: Layout, key: str, holders: int) -> Layout:
    """Copies of one key on the servers after its owner, so that they share its reads; 1 takes the copies back."""
    holders = min(holders, len(servers(layout)))
    before = dict(layout.spread)
    after = {other: count for other, count in before.items() if other != key} | ({key: holders} if holders > 1 else {})
    if before == after:
        raise Refusal(f"{key} is held so many times already")
    if len(after) > 4:
        raise Refusal("at most 4 keys can be spread: each write of one costs a message a copy")
    return replace(layout, spread=tuple(sorted(after.items())))


def rescheme(layout: Layout, scheme: str) -> Layout:
    """The same servers under another scheme, all of weight 1."""
    if scheme == layout.scheme:
        raise Refusal(f"the scheme is {scheme} already")
    names = servers(layout)
    borders = halves(names) if scheme == "range" else ()
    return Layout(scheme, tuple((name, 1) for name in names), layout.virtual_nodes, borders, (), layout.spread)


def present(layout: Layout, name: str) -> None:
    if name not in servers(layout):
        raise Refusal(f"{name} takes no part")


def trimmed(layout: Layout) -> Layout:
    """No key is held more often than there are servers."""
    most = len(servers(layout))
    return replace(layout, spread=tuple((key, min(holders, most)) for key, holders in layout.spread))
