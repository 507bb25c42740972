"""Events and what happened before what: any order that keeps to it is right, so concurrent events may stand either way.

A partly right order is worth what can be kept of it, the largest set of events that do not contradict what happened before what, above what
the worst order keeps: (kept - worst) / (n - worst). The worst is the right one backwards, which keeps a largest set of concurrent events.
So every right order is worth 1 and its reverse 0, and where no events are concurrent it is the rule of `ordering`. What is kept is found as
`lessons.questions.orders` says.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from lessons.questions import lines, orders, showing
from lessons.questions.model import Answers, Item, Question, Raw
from lessons.questions.places import Places

EVENT = re.compile(rf"- \{{(?P<id>{lines.ID})\}}\s+(?P<text>.+)")
CHAIN = re.compile(rf"{lines.ID}(\s*<\s*{lines.ID})+")
BEFORE = ":before: send < receive, receive < reply"
EVENTS_MIN = 3


class CausalOrder(Places):
    name = "causal"
    title = "What happened before what"
    example = "- {send} A sends the message."
    options = frozenset({"before"})
    parts = "events"
    noun = "event"

    def parse(self, raw: Raw) -> Answers:
        answers = Answers(rule="linear_extension")
        for line, text in lines.split(raw, r"- \{", answers):
            found = EVENT.fullmatch(text)
            if not found:
                answers.problems.append(self.problem(line, f"The event {text[:40]!r} cannot be read.", "an id and words."))
                continue
            words, said = lines.feedback(found["text"])
            html, said_html = raw.render(words, line), raw.render(said, line)
            answers.items.append(Item(line=line, id=found["id"], text=words, html=html, feedback=said, feedback_html=said_html))
        ids = [item.id for item in answers.items]
        answers.problems += lines.repeated(raw, ids, self.example)
        if len(ids) < EVENTS_MIN and not answers.problems:
            answers.problems.append(self.problem(raw.line, f"There are {len(ids)} events.", f"{EVENTS_MIN} or more."))
        answers.spec = {"events": sorted(({"id": item.id, "text": item.text} for item in answers.items), key=lambda one: one["id"])}
        answers.key = {"before": self.edges(raw, set(ids), answers)}
        return answers

    def edges(self, raw: Raw, ids: set[str], answers: Answers) -> list[list[str]]:
        written = raw.options.get("before", "")
        chains = [chain.strip() for chain in written.split(",") if chain.strip()]
        if not chains or not all(CHAIN.fullmatch(chain) for chain in chains):
            answers.problems.append(self.problem(raw.line, "It is not said what happened before what.", "pairs or chains of ids.", BEFORE))
            return []
        named = [[one.strip() for one in chain.split("<")] for chain in chains]
        edges = sorted({(first, then) for chain in named for first, then in pairwise(chain)})
        unknown = sorted({one for edge in edges for one in edge} - ids)
        if unknown:
            answers.problems.append(
                self.problem(raw.line, f"There is no event {unknown[0]!r}.", f"one of {', '.join(sorted(ids))}.", BEFORE)
            )
        try:
            graph: TopologicalSorter[str] = TopologicalSorter()
            for first, then in edges:
                graph.add(then, first)
            graph.prepare()
        except CycleError as error:
            circle = " < ".join(reversed(error.args[1]))
            answers.problems.append(self.problem(raw.line, f"The order goes in a circle: {circle}.", "nothing before itself.", BEFORE))
        return [list(edge) for edge in edges]

    def in_place(self, question: Question, order: Sequence[str]) -> list[str]:
        return orders.kept(order, self.after(question))

    def share(self, question: Question, in_place: int) -> Fraction:
        return share(in_place, self.after(question))

    def by_chance(self, question: Question) -> Fraction:
        return by_chance(*self.relation(question))

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        """One right order, the author's where it is one, and what makes any other right."""
        html = showing.html_of(question, question.spec["events"])
        written = [item.id for item in question.items if item.id in html]
        order = orders.extension(written + [one for one in html if one not in written], self.after(question))
        before = [(html[first], html[then]) for first, then in question.key["before"] if first in html and then in html]
        return {"order": [html[one] for one in order], "before": before}

    def after(self, question: Question) -> orders.After:
        return after(*self.relation(question))

    def relation(self, question: Question) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """The events and the pairs, as what can be a key of a cache."""
        return tuple(self.ids(question)), tuple(tuple(edge) for edge in question.key["before"])


@lru_cache(maxsize=256)
def after(ids: tuple[str, ...], edges: tuple[tuple[str, ...], ...]) -> orders.After:
    return orders.closure(ids, edges)


def share(in_place: int, after: orders.After) -> Fraction:
    """Where nothing comes before anything, every order is right."""
    worst, of = len(orders.antichain(list(after), after)), len(after)
    return Fraction(max(in_place - worst, 0), of - worst) if of > worst else Fraction(1)


@lru_cache(maxsize=256)
def by_chance(ids: tuple[str, ...], edges: tuple[tuple[str, ...], ...]) -> Fraction:
    relation = after(ids, edges)
    return orders.by_chance(ids, lambda order: share(len(orders.kept(order, relation)), relation))


TYPE = CausalOrder()
