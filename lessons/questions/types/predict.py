"""Predict, then run: the key is not typed but computed from the engine, with the student's own seed, when the answer is graded."""

import re

from lessons.content.problems import Problem
from lessons.questions import labs
from lessons.questions.model import Answers, LabInfo, Question, QuestionType, Raw

SCRIPT = re.compile(r"(?P<at>\d{1,5}(\.\d{1,3})?)s\s+(?P<step>[a-z][a-z0-9-]{0,60})")
MEASURE = re.compile(r"(?P<name>[a-z][a-z0-9_-]{0,60})(\s+at\s+(?P<at>\d{1,5}(\.\d{1,3})?)s)?")
STEPS_MAX = 20


class Predict(QuestionType):
    name = "predict"
    title = "Predict, then run"
    example = ":measure: leader at 8s"
    options = frozenset({"lab", "scenario", "script", "measure"})
    any_option = True

    def parse(self, raw: Raw) -> Answers:
        """There are no answers in the body: all of it is the prompt."""
        answers = Answers(prompt=raw.body, rule="from_the_run", problems=labs.no_seed(raw))
        script = [SCRIPT.fullmatch(one.strip()) for one in raw.options.get("script", "").split(",") if one.strip()]
        if None in script or len(script) > STEPS_MAX:
            answers.problems.append(
                self.problem(raw.line, "The script cannot be read.", "moments and steps of the lab.", ":script: 2s crash-leader, 6s heal")
            )
        measure = MEASURE.fullmatch(raw.options.get("measure", ""))
        if not measure:
            answers.problems.append(self.problem(raw.line, "It is not said what is measured.", "a quantity, and the moment if it has one."))
        answers.spec = labs.setting(raw, self.options) | {
            "script": [[found["at"], found["step"]] for found in script if found],
            "measure": {"name": measure["name"], "at": measure["at"]} if measure else {},
        }
        return answers

    def problems(self, question: Question, lab_info: LabInfo) -> list[Problem]:
        found, info = labs.wrong_setting(question, lab_info)
        if info is None:
            return found
        steps = [step["name"] for step in info["steps"]]
        found += [
            labs.unknown(question, "step", step, steps, ":script: 2s crash-leader")
            for _, step in question.spec["script"]
            if step not in steps
        ]
        measures = [one["name"] for one in info.get("measures", ())]
        name = question.spec["measure"].get("name", "")
        if measures and name and name not in measures:
            found.append(labs.unknown(question, "measure", name, measures, self.example))
        return found


TYPE = Predict()
