"""What one process's view of one key claims about the order of its writes, and whether that can be.

`floor(write)`: from here on the process must not read anything older than this write. `read(write)`: it read what this
write put. Both say "not older than", so a write may come back itself. Known beforehand is the causal order of the writes.

As a graph: a chain of moments, one for each read; a floor leads into the next moment, a moment to the one after it and to what
is read there. The claims can be met by an order of the writes if and only if no circle through a moment has two writes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from labs.engine.histories.sessions import Step, knows

READS_TRIED_MAX: Final = 50  # reads in a circle, to find a short one

Node = Step | int  # a write, or the number of a moment
Graph = dict[Node, list[Node]]


class Circle:
    """`steps` that claim what cannot be, beside the causal order of `pairs` of writes; `read` closes the circle."""

    __slots__ = ("pairs", "read", "steps")

    def __init__(self, read: Step, steps: Iterable[Step], pairs: Iterable[tuple[Step, Step]]) -> None:
        self.read, self.steps, self.pairs = read, list(steps), list(pairs)


class View:
    """One process and one key."""

    def __init__(self) -> None:
        self.moment = 0
        self.floors: list[tuple[Step, int, tuple[Step, ...]]] = []  # a write, the moment it leads into, the steps that say why
        self.newest: dict[int, tuple[Step, tuple[Step, ...]]] = {}  # the last floor in each chain, and why
        self.reads: list[tuple[int, Step, Step]] = []  # a moment, the write that was read, the step that read it

    def floor(self, write: Step, because: tuple[Step, ...]) -> None:
        known = self.newest.get(write.chain)
        if known is None or known[0].index < write.index:  # else that one says this too
            self.newest[write.chain] = write, because
            self.floors.append((write, self.moment, because))

    def newer(self, write: Step | None) -> list[Step] | None:
        """A floor that comes after the write (None: the beginning) in causal order, and why it is one."""
        for floor, because in self.newest.values():
            if write is None or (floor is not write and knows(floor, floor.clock, write)):
                return [floor, *because]
        return None

    def read(self, write: Step, step: Step) -> None:
        self.reads.append((self.moment, write, step))
        self.moment += 1

    def contradiction(self) -> Circle | None:
        if not self.floors or not self.reads:
            return None
        if len({write for write, _, _ in self.floors} | {write for _, write, _ in self.reads}) < 2:
            return None
        graph = self._graph()
        for circle in circles(graph):
            writes = sum(isinstance(node, Step) for node in circle)
            if 1 < writes < len(circle):
                return self._told(graph, circle)
        return None

    def _graph(self) -> Graph:
        graph: Graph = {}
        for one, other in causal_edges({write for write, *_ in self.floors} | {write for _, write, _ in self.reads}):
            graph.setdefault(one, []).append(other)
        for write, moment, _ in self.floors:
            graph.setdefault(write, []).append(moment)
        for moment, write, _ in self.reads:
            graph.setdefault(moment, []).extend((write, moment + 1))
        return graph

    def _told(self, graph: Graph, circle: set[Node]) -> Circle:
        best: tuple[list[Node], Step] | None = None
        for moment, write, step in [entry for entry in self.reads if entry[0] in circle and entry[1] in circle][:READS_TRIED_MAX]:
            path = shortest(graph, circle, write, moment)
            if path is not None and (best is None or len(path) < len(best[0])):
                best = path, step
        assert best is not None  # the circle has a read, since only a read leads from a moment to a write
        path, last = best
        steps = {node for node in path if isinstance(node, Step)} | {last}
        pairs = []
        for one, other in pairwise(path):
            if isinstance(one, Step) and isinstance(other, Step):
                pairs.append((one, other))
            elif isinstance(one, Step):
                steps.update(next(because for write, moment, because in self.floors if write is one and moment == other))
            elif isinstance(other, Step):
                steps.update(step for moment, _, step in self.reads if moment == one)
        return Circle(last, steps, pairs)


def causal_edges(writes: Iterable[Step]) -> Iterator[tuple[Step, Step]]:
    """Enough pairs that the causal order of the writes follows from them."""
    chains: dict[int, list[Step]] = {}
    for write in sorted(writes, key=lambda write: (write.chain, write.index)):
        chains.setdefault(write.chain, []).append(write)
    indices = {chain: [write.index for write in found] for chain, found in chains.items()}
    for chain, found in chains.items():
        for write in found:
            for other in chains:
                place = bisect_left(indices[other], write.index if other == chain else write.clock[other])
                if place:
                    yield chains[other][place - 1], write


def circles(graph: Graph) -> Iterator[set[Node]]:
    """The strongly connected components of more than one node (Tarjan, "Depth-first search and linear graph algorithms", 1972)."""
    number: dict[Node, int] = {}
    low: dict[Node, int] = {}
    open_: dict[Node, None] = {}
    for root in graph:
        if root in number:
            continue
        work: list[tuple[Node, Iterator[Node]]] = [(root, iter(graph[root]))]
        number[root] = low[root] = len(number)
        open_[root] = None
        while work:
            node, rest = work[-1]
            after = next(rest, None)
            if after is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    yield from component(open_, node)
            elif after not in number:
                number[after] = low[after] = len(number)
                open_[after] = None
                work.append((after, iter(graph.get(after, ()))))
            elif after in open_:
                low[node] = min(low[node], number[after])


def component(open_: dict[Node, None], root: Node) -> Iterator[set[Node]]:
    found: set[Node] = set()
    while root not in found:
        found.add(open_.popitem()[0])
    if len(found) > 1:
        yield found


def shortest(graph: Graph, circle: set[Node], start: Step, end: int) -> list[Node] | None:
    """A path from the write to the moment by way of another write. None: there is none."""
    came: dict[tuple[Node, bool], tuple[Node, bool] | None] = {(start, False): None}
    queue: deque[tuple[Node, bool]] = deque(came)
    while queue:
        place: tuple[Node, bool] | None = queue.popleft()
        assert place is not None
        if place == (end, True):
            path: list[Node] = []
            while place is not None:
                path.append(place[0])
                place = came[place]
            return path[::-1]
        for after in graph.get(place[0], ()):
            reached = (after, place[1] or (isinstance(after, Step) and after is not start))
            if after in circle and reached not in came:
                came[reached] = place
                queue.append(reached)
    return None
