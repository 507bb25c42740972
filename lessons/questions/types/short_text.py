"""A word or a few, compared without case, width or spaces around them."""

import unicodedata

from lessons.questions import values
from lessons.questions.model import Answers, QuestionType, Raw

LENGTH_MAX = 120


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class ShortText(QuestionType):
    name = "short"
    title = "A few words"
    example = "- [x] quorum"

    def parse(self, raw: Raw) -> Answers:
        answers = values.read(raw, self.example)
        answers.key = {"accepted": [{"text": folded(item.text), "share": values.share_of(item)} for item in answers.items]}
        seen: set[str] = set()
        for item in answers.items:
            same = folded(item.text)
            if same in seen:
                answers.problems.append(
                    self.problem(item.line, f"{item.text[:40]!r} is listed twice.", "each answer once; case and spaces do not count.")
                )
            if len(same) > LENGTH_MAX:
                answers.problems.append(self.problem(item.line, f"The answer has {len(same)} characters.", f"at most {LENGTH_MAX}."))
            seen.add(same)
        return answers


TYPE = ShortText()
