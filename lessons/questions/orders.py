"""How much of an order is right: under one order (`in_order`), or under a relation of what comes before what (`kept`).

A happens-before relation is a partial order; whatever it leaves open may stand either way. A placement contradicts it in the pairs (a, b)
with a before b in the relation and b placed before a. These pairs are the intersection of two orders, the relation and the placement read
backwards, and so a partial order themselves. The events that can be left where they stand are therefore its largest antichain, which has
n - m elements, m being the size of a largest matching between "contradicts" and "is contradicted" (Dilworth 1950, "A decomposition theorem
for partially ordered sets"; by matching: Fulkerson 1956), and can be read off a least vertex cover (Konig 1931).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations

from lessons.questions import dealing, shares

After = Mapping[str, frozenset[str]]  # each event -> all that must come after it
EXACT_MAX = 6  # 720 orders
SAMPLE = 500


def in_order(order: Sequence[str], right: Sequence[str]) -> list[str]:
    """A longest common subsequence of two orders of the same things, each of which they have once."""
    place = {one: n for n, one in enumerate(right)}
    best: dict[str, list[str]] = {}  # the longest that ends there
    for one in (one for one in order if one in place):
        before = [best[other] for other in best if place[other] < place[one]]
        best[one] = [*max(before, key=len, default=[]), one]
    return max(best.values(), key=len, default=[])


def closure(ids: Iterable[str], edges: Iterable[Sequence[str]]) -> After:
    """All that comes after each, through others too. `edges` go in no circle."""
    after: dict[str, set[str]] = {one: set() for one in ids}
    pairs = [(first, then) for first, then in edges if first in after and then in after]
    grew = True
    while grew:
        grew = False
        for first, then in pairs:
            more = {then, *after[then]} - after[first]
            after[first] |= more
            grew = grew or bool(more)
    return {one: frozenset(later) for one, later in after.items()}


def contradictions(order: Sequence[str], after: After) -> After:
    """Each event -> those that must come after it and were placed before it."""
    placed: set[str] = set()
    found: dict[str, frozenset[str]] = {}
    for one in order:
        found[one] = after[one] & placed
        placed.add(one)
    return found


def kept(order: Sequence[str], after: After) -> list[str]:
    """The most events whose places do not contradict each other, in the order given. Among several such sets always the same."""
    return antichain(order, contradictions(order, after))


def antichain(ids: Sequence[str], after: After) -> list[str]:
    """A largest set of which none comes after another. `after` is transitive."""
    partner: dict[str, str] = {}  # of what is matched as the later one: the earlier one
    unmatched = [one for one in ids if not augmented(one, after, partner, set())]
    earlier, later = set(unmatched), set[str]()  # what alternating paths from the unmatched reach
    left = list(unmatched)
    while left:
        for other in after[left.pop()] - later:
            later.add(other)
            if partner[other] not in earlier:
                earlier.add(partner[other])
                left.append(partner[other])
    return [one for one in ids if one in earlier and one not in later]


def augmented(one: str, after: After, partner: dict[str, str], tried: set[str]) -> bool:
    """Whether `one` could be matched, moving others where that helps."""
    for other in sorted(after[one] - tried):
        tried.add(other)
        if other not in partner or augmented(partner[other], after, partner, tried):
            partner[other] = one
            return True
    return False


def extension(ids: Sequence[str], after: After) -> list[str]:
    """A right order, as near to the given one as going through it from the front gets."""
    left, found = list(ids), list[str]()
    while left:
        one = next((one for one in left if not any(one in after[other] for other in left)), left[0])
        left.remove(one)
        found.append(one)
    return found


def all_or_some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Every order of a few, the same sample of those of many."""
    if len(ids) <= EXACT_MAX:
        return permutations(ids)
    return (dealing.shuffled(ids, f"guess {n}") for n in range(SAMPLE))


def by_chance(ids: Sequence[str], share: Callable[[Sequence[str]], Fraction]) -> Fraction:
    """What an order drawn at random is worth on average."""
    return shares.mean(share(order) for order in all_or_some(ids))
