"""One order is right: the author writes it, the student sees another. What is kept in order counts (longest common subsequence)."""

import re

from lessons.questions import lines
from lessons.questions.model import Answers, Item, QuestionType, Raw

STEP = re.compile(rf"\d{{1,2}}\.\s+\{{(?P<id>{lines.ID})\}}\s+(?P<text>.+)")
STEPS_MIN = 3


class Ordering(QuestionType):
    name = "ordering"
    title = "In order"
    example = "1. {append} The leader appends the entry to its log."

    def parse(self, raw: Raw) -> Answers:
        answers = Answers(rule="longest_common_subsequence")
        for line, text in lines.split(raw, r"\d{1,2}\. \{", answers):
            found = STEP.fullmatch(text)
            if not found:
                answers.problems.append(self.problem(line, f"The step {text[:40]!r} cannot be read.", "a number, an id, words."))
                continue
            words, said = lines.feedback(found["text"])
            html, said_html = raw.render(words, line), raw.render(said, line)
            answers.items.append(Item(line=line, id=found["id"], text=words, html=html, feedback=said, feedback_html=said_html))
        answers.problems += lines.repeated(raw, [item.id for item in answers.items], self.example)
        if len(answers.items) < STEPS_MIN and not answers.problems:
            answers.problems.append(
                self.problem(raw.line, f"There are {len(answers.items)} steps.", f"{STEPS_MIN} or more, in the right order.")
            )
        answers.spec = {"steps": sorted(({"id": item.id, "text": item.text} for item in answers.items), key=lambda one: one["id"])}
        answers.key = {"order": [item.id for item in answers.items]}
        return answers


TYPE = Ordering()
