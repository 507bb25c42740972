"""One choice is right."""

from lessons.questions import choices
from lessons.questions.model import Answers, QuestionType, Raw


class Single(QuestionType):
    name = "single"
    title = "One answer"
    example = choices.EXAMPLE

    def parse(self, raw: Raw) -> Answers:
        answers = choices.read(raw)
        answers.rule = "all_or_nothing"
        right = len(answers.key["right"])
        if right != 1 and not answers.problems:
            answers.problems.append(self.problem(raw.line, f"{right} choices are marked right.", "exactly one.", "- [x] {b} 3"))
        return answers


TYPE = Single()
