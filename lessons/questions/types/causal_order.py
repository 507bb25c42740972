"""Events and what happened before what: any order that keeps to it is right, so concurrent events may stand either way."""

import re
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from lessons.questions import lines
from lessons.questions.model import Answers, Item, QuestionType, Raw

EVENT = re.compile(rf"- \{{(?P<id>{lines.ID})\}}\s+(?P<text>.+)")
CHAIN = re.compile(rf"{lines.ID}(\s*<\s*{lines.ID})+")
BEFORE = ":before: send < receive, receive < reply"
EVENTS_MIN = 3


class CausalOrder(QuestionType):
    name = "causal"
    title = "What happened before what"
    example = "- {send} A sends the message."
    options = frozenset({"before"})

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


TYPE = CausalOrder()
