"""Is there one order of all operations, each at a moment between its invoke and its completion, that a register could have had?

The search is that of Wing and Gong, with Lowe's just-in-time linearization and memory of configurations, as in Porcupine:
depth first over configurations, backing up where no pending call can be next, and never into a configuration seen before.
A register's operations are linearizable if and only if those of every key are, so keys are searched one by one.

A configuration is (level, state, met, taken): every return before `level` is behind us and the register holds `state`.

- `taken`: pending calls that were given their place and changed the state.
- `met`: pending calls that owe nothing any more when they return: those taken, and those with a place that costs nothing.
  Three kinds have one, always, and are met at once instead of being branched on: a read while its value is the state; a
  write while its value is the state; and a write or append that was pending when another write was placed (it fits right
  before that write, which hides it). A write met this way is not taken: it may still be placed later, to be seen.

What follows from that, and keeps the search narrow:

- A write is placed early only if a pending call would see it: else it is hidden, or may wait until it returns.
- An `info` call is placed only if a pending call would see it. It never returns, so it is never owed.
- Of calls that do the same, the first due is taken.
- Of two configurations at the same level and state, one with more met and less taken can do all that the other can; so a
  configuration is passed over when one at least as good was seen.
- Where every write has its own value these rules alone leave next to nothing to try.

Deciding this is NP-complete (Gibbons and Korach): some histories are beyond every budget, and the answer is then `None`.

Sources: Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects" (1990), theorem 1 for
locality; Wing and Gong, "Testing and verifying concurrent objects" (1993); Lowe, "Testing for linearizability" (2017),
sections 3 and 5; Horn and Kroening, "Faster linearizability checking via P-compositionality" (2015); Gibbons and
Korach, "Testing shared memories" (1997); Athalye, Porcupine (2017).
"""

from __future__ import annotations

from typing import Final

from labs.engine.histories.register import APPEND, CAS, READ, WRITE, Call, Register
from labs.engine.histories.values import TextLimit
from labs.engine.histories.window import Window

SEEN_MAX: Final = 2_000_000  # configurations remembered, some 600 MB; past it the search goes on with what it has
BITS_FREE: Final = 2_000  # so many pending calls count as one configuration more
RIVALS_MAX: Final = 40  # configurations at one level and state that a new one is compared with; further ones must be equal to be known

Frame = tuple[
    int, int, int, int, list[Call | None]
]  # a configuration and the moves not yet tried, best last; None: let the due call stay hidden


class Search:
    """`furthest` is the highest level reached. When the search fails, no order gets past the return at `bound`, which is `furthest`
    or, where a move was not tried since a later read contradicts it, perhaps higher.
    """

    def __init__(self, register: Register) -> None:
        self.register = register
        self.window = Window(register)
        self.steps = 0
        self.furthest = 0
        self.contradicted = 0  # the highest level at which a move that was not tried would have failed
        self.seen: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self.equals: set[tuple[int, int, int, int]] = set()
        self.remembered = 0
        self.stack: list[Frame] = []
        self.answer: bool | None = None
        self.given_up = False  # the register's texts are too long
        self._enter(0, 0, self._arrive(0, 0, 0), 0)

    @property
    def bound(self) -> int:
        return max(self.furthest, self.contradicted)

    def run(self, steps: int) -> bool | None:
        """Goes on for so many steps. True: linearizable; False: not; None: not known yet."""
        stack = self.stack
        while self.answer is None and steps > 0 and not self.given_up:
            steps -= 1
            self.steps += 1
            if not stack:
                self.answer = False
                break
            level, state, met, taken, moves = stack[-1]
            if len(moves) < 2:
                stack.pop()
            if not moves:
                continue
            call = moves.pop()
            if call is None:
                bit = self.register.returns[level].bit
                self._enter(level + 1, state, self._arrive(level + 1, state, met & ~bit), taken)
                continue
            try:
                self._place(call, level, state, met, taken)
            except TextLimit:
                self.given_up = True
                break
        return self.answer

    def _place(self, call: Call, level: int, state: int, met: int, taken: int) -> None:
        window = self.window
        window.move(level)
        state = self.register.values.join(state, call.put) if call.kind == APPEND else call.put
        met |= call.bit | window.reads.get(state, 0) | window.writes.get(state, 0)
        if call.kind == WRITE:
            met |= window.updates
        self._enter(level, state, met & self.register.ok_bits, taken | call.bit)

    def _arrive(self, level: int, state: int, met: int) -> int:
        """What of the calls that begin to be pending in this level has a place already."""
        if level < self.register.levels:
            for call in self.register.arrivals[level]:
                if (call.need if call.kind == READ else call.put if call.kind == WRITE else -1) == state and not call.info:
                    met |= call.bit
        return met

    def _enter(self, level: int, state: int, met: int, taken: int) -> None:
        """Passes all returns that leave no choice, then puts the configuration on the stack."""
        register = self.register
        returns, levels = register.returns, register.levels
        while level < levels:
            call = returns[level]
            bit = call.bit
            if not met & bit or not (taken & bit or call.kind == READ or self._stays_hidden(call, level, state)):
                break
            level += 1
            taken &= ~bit
            met = self._arrive(level, state, met & ~bit)
        self.furthest = max(self.furthest, level)
        if level == levels:
            self.answer = True
        elif not self._known(level, state, met, taken):
            self.window.move(level)
            self.stack.append((level, state, met, taken, self._moves(level, state, met, taken)))

    def _stays_hidden(self, call: Call, level: int, state: int) -> bool:
        """Nobody is left who could see this write."""
        return not self.register.appends and call.put != state and self.register.observed_at(call.put, level) is None

    def _known(self, level: int, state: int, met: int, taken: int) -> bool:
        rivals = self.seen.setdefault((level, state), [])
        for rival_met, rival_taken in rivals:
            if rival_met & met == met and rival_taken & taken == rival_taken:
                return True
        if len(rivals) >= RIVALS_MAX and (level, state, met, taken) in self.equals:
            return True
        if self.remembered < SEEN_MAX:
            self.remembered += 1 + (met.bit_length() + taken.bit_length()) // BITS_FREE
            if len(rivals) < RIVALS_MAX:
                rivals.append((met, taken))
            else:
                self.equals.add((level, state, met, taken))
        return False

    def _moves(self, level: int, state: int, met: int, taken: int) -> list[Call | None]:
        """What may come next, worst first."""
        window = self.window
        call = self.register.returns[level]
        appends = window.appends & ~taken
        if call.need not in (-1, state) and not self.register.appends and not self._sources(call.need, taken):
            return []
        seen_soon = self._seen_soon(met, taken)
        moves: list[Call | None] = self._appending(level, state, taken) if appends else []
        for put in window.targets.get(state, ()):
            found = window.first(CAS, state, put, taken)
            if found is not None and found is not call and (appends or not found.info or put in seen_soon):
                moves.append(found)
        if appends:
            writes = [group[0].put for (kind, _, _), group in window.groups.items() if kind == WRITE]
        else:
            writes = [value for value in seen_soon if value in window.writes]
        for value in writes:
            found = window.first(WRITE, -1, value, taken)
            if found is not None and found is not call:
                moves.append(found)
        if call.kind == READ or (call.kind == CAS and call.need != state):
            moves.sort(key=lambda move: move is not None and move.put == call.need)
        elif call.kind == APPEND:
            refuted = self._contradicted(self.register.values.refuted_at(state, call.put, level))
            self._prefer(moves, call, level, state, bool(met & call.bit), not refuted)
        else:
            self._prefer(moves, call, level, state, call.kind == WRITE and bool(met & call.bit), True)
        return moves

    def _sources(self, value: int, taken: int) -> int:
        """Pending calls that could leave the value."""
        return (self.window.writes.get(value, 0) | self.window.cas_to.get(value, 0)) & ~taken

    def _seen_soon(self, met: int, taken: int) -> dict[int, None]:
        """Values that a pending call waits for."""
        values = {value: None for value, bits in self.window.reads.items() if bits & ~met}
        values.update({value: None for value, bits in self.window.cas_from.items() if bits & ~taken})
        return values

    def _appending(self, level: int, state: int, taken: int) -> list[Call | None]:
        moves: list[Call | None] = []
        call = self.register.returns[level]
        for kind, _, put in self.window.groups:
            if kind == APPEND:
                found = self.window.first(APPEND, -1, put, taken)
                if found is not None and found is not call and not self._contradicted(self.register.values.refuted_at(state, put, level)):
                    moves.append(found)
        return moves

    def _contradicted(self, level: int | None) -> bool:
        if level is not None:
            self.contradicted = max(self.contradicted, level)
        return level is not None

    def _prefer(self, moves: list[Call | None], call: Call, level: int, state: int, hidden: bool, possible: bool) -> None:
        """Adds the due write, append or cas itself as the move to try first; one that is hidden already may also stay so."""
        if hidden and self._may_stay_hidden(call, level, state):
            wanted, rival = self.register.observed_at(call.put, level), self.register.observed_at(state, level)
            if rival is None or (wanted is not None and wanted < rival):
                moves.append(None)
            elif possible:
                moves.append(call)
                moves.append(None)
                return
        if possible:
            moves.append(call)

    def _may_stay_hidden(self, call: Call, level: int, state: int) -> bool:
        register = self.register
        if register.appends:
            return True
        if call.put == state:  # placing it costs nothing and hides others
            return False
        observed = register.observed_at(call.put, level)
        if observed is None or observed >= register.levels or register.writers[call.put] > 1:
            return True
        return not self._contradicted(observed)
