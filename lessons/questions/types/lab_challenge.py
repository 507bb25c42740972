"""A goal to reach in a lab; the mark comes from running the student's commands again."""

from lessons.content.problems import Problem
from lessons.questions import labs
from lessons.questions.model import Answers, LabInfo, Question, QuestionType, Raw


class LabChallenge(QuestionType):
    name = "challenge"
    title = "A challenge in a lab"
    example = ":challenge: elect-after-crash"
    options = frozenset({"lab", "scenario", "challenge"})
    any_option = True

    def parse(self, raw: Raw) -> Answers:
        answers = Answers(prompt=raw.body, rule="verification_replay", problems=labs.no_seed(raw))
        challenge = raw.options.get("challenge", "")
        if not challenge:
            answers.problems.append(self.problem(raw.line, "No challenge is named.", "one that the lab declares."))
        answers.spec = labs.setting(raw, self.options)
        answers.key = {"challenge": challenge}
        return answers

    def problems(self, question: Question, lab_info: LabInfo) -> list[Problem]:
        found, info = labs.wrong_setting(question, lab_info)
        known = [one["name"] for one in info["challenges"]] if info else []
        challenge = question.key["challenge"]
        if info and challenge and challenge not in known:
            found.append(labs.unknown(question, "challenge", challenge, known, self.example))
        return found


TYPE = LabChallenge()
