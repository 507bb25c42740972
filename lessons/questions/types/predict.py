"""Predict, then run: the key is not typed but computed from the engine, with the student's own seed, when the answer is graded.

What is dealt is a run (parameters, seed, script) and what it shows: tables from which the answer follows. A seed whose run gives no clear
answer is passed over. Nothing of the run but those tables reaches the browser before the question is answered.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.html import format_html

from labs import measuring, runs
from labs.engine.definition import ENGINE_VERSION
from labs.engine.measures import MOMENT_US_MAX, Table
from lessons.content.problems import Problem
from lessons.questions import labs, lines, sent
from lessons.questions.model import Answers, LabInfo, Mark, Question, QuestionType, Raw, Said, Unreadable
from lessons.questions.types import numeric
from lessons.questions.values import VALUE_FIELD

MOMENT = r"(?P<at>\d{1,5}(\.\d{1,6})?)s"
SCRIPT = re.compile(rf"{MOMENT}\s+(?P<step>[a-z][a-z0-9_-]{{0,60}}(\([^()]{{0,120}}\))?)")
LOOK = re.compile(rf"(?P<name>[a-z][a-z0-9_-]{{0,60}})(\s+at\s+{MOMENT})?")
STEPS_MAX = 20
SHOWS_MAX = 4
SEEDS_MAX = 60  # that are tried until a run is clear
TOLERANCES = ("atol", "rtol")


class Predict(QuestionType):
    name = "predict"
    title = "Predict, then run"
    example = ":measure: leader at 8s"
    options = frozenset({"lab", "scenario", "script", "measure", "show", "tell", *TOLERANCES})
    any_option = True
    can_check = False

    def parse(self, raw: Raw) -> Answers:
        """There are no answers in the body: all of it is the prompt."""
        answers = Answers(prompt=raw.body, rule="from_the_run", problems=labs.no_seed(raw))
        script = self.parts(raw, "script", SCRIPT, STEPS_MAX, "moments and steps of the lab.", ":script: 2s crash-leader, 6s heal", answers)
        shows = self.parts(raw, "show", LOOK, SHOWS_MAX, "names of what the lab can show, and moments.", ":show: patience at 2s", answers)
        measure = LOOK.fullmatch(raw.options.get("measure", ""))
        if not measure:
            answers.problems.append(self.problem(raw.line, "It is not said what is measured.", "a quantity, and the moment if it has one."))
        answers.spec = labs.setting(raw, self.options) | {
            "script": [[found["at"], found["step"]] for found in script],
            "measure": {"name": measure["name"], "at": measure["at"]} if measure else {},
        }
        if shows:
            answers.spec["shows"] = [{"name": found["name"], "at": found["at"]} for found in shows]
        if told := raw.options.get("tell", "").replace(",", " ").split():
            answers.spec["tells"] = told
        answers.key = {name: self.tolerance(name, raw, answers) for name in TOLERANCES if name in raw.options}
        return answers

    def parts(
        self, raw: Raw, name: str, pattern: re.Pattern[str], most: int, expected: str, example: str, answers: Answers
    ) -> list[re.Match[str]]:
        found = [pattern.fullmatch(one.strip()) for one in raw.options.get(name, "").split(",") if one.strip()]
        if None in found or len(found) > most:
            answers.problems.append(self.problem(raw.line, f"The {name} cannot be read.", f"at most {most} {expected}", example))
            return []
        return [one for one in found if one]

    def tolerance(self, name: str, raw: Raw, answers: Answers) -> str:
        value = lines.number(raw.options[name])
        if value is None or value < 0:
            what = f"`{name}` is {raw.options[name][:40]!r}."
            answers.problems.append(self.problem(raw.line, what, "a number, 0 or more.", f":{name}: 0.05"))
        return str(value)

    # Beside the labs

    def problems(self, question: Question, lab_info: LabInfo) -> list[Problem]:
        found, info = labs.wrong_setting(question, lab_info)
        if info is None:
            return found
        spec, steps = question.spec, [step["name"] for step in info["steps"]]
        found += [
            labs.unknown(question, "step", step, steps, ":script: 2s crash-leader")
            for _, step in spec["script"]
            if "(" not in step and step not in steps
        ]
        found += [
            labs.unknown(question, "parameter", name, [one["name"] for one in info["parameters"]], ":tell: nodes")
            for name in spec.get("tells", ())
            if name not in {one["name"] for one in info["parameters"]}
        ]
        looks = [("given", look, info.get("givens", ()), ":show: patience at 2s") for look in spec.get("shows", ())]
        looks += [("measure", spec["measure"], info.get("measures", ()), self.example)] if spec["measure"] else []
        found += [
            labs.unknown(question, what, look["name"], [one["name"] for one in of], example)
            for what, look, of, example in looks
            if look["name"] not in {one["name"] for one in of}
        ]
        if found or question.problems or not spec["measure"]:
            return found  # what follows only says the same again
        return [one for what, look, of, _ in looks for one in self.wrong_moment(question, what, look, of)] or self.wrong_run(question)

    def wrong_moment(self, question: Question, what: str, look: Mapping[str, Any], of: Any) -> list[Problem]:
        declared = next(one for one in of if one["name"] == look["name"])
        if declared["at"] == (look["at"] is not None):
            return []
        said = "has no moment" if declared["at"] else "has a moment, which does not matter"
        return [self.problem(question.line, f"The {what} {look['name']} {said}.", "a moment where it changes, else none.")]

    def wrong_run(self, question: Question) -> list[Problem]:
        """Whether a run gives a clear answer under each alternative. A few are replayed; what was replayed before is remembered."""
        expected = "a run whose answer follows from what is shown, for most seeds and under each alternative."
        for written in labs.covering(question.spec["parameters"]):
            if found := labs.tried(question, partial(clear, question.spec, written, question.uid), expected, self.example):
                return found
        return []

    # One student's question

    def deal(self, question: Question, seed: str) -> dict[str, Any]:
        """Raises Unclear where no seed gives a clear answer, which a check of the text rules out."""
        spec = question.spec
        written = labs.drawn(spec["parameters"], seed)
        asked, looked = clear(spec, written, seed)
        lab = runs.lab(spec["lab"])
        measure = measuring.measure_of(lab, asked.measure[0])
        told = [name for name, text in spec["parameters"].items() if len(labs.alternatives(text)) > 1]
        told += [name for name in spec.get("tells", ()) if name not in told]
        all_values = lab.check_parameters(lab.scenario(asked.scenario).parameters | dict(asked.parameters))
        return {
            "lab": lab.slug, "lab_version": lab.version, "engine_version": ENGINE_VERSION, "scenario": asked.scenario,
            "parameters": dict(asked.parameters), "seed": asked.seed, "script": [list(entry) for entry in asked.script],
            "shows": [list(show) for show in asked.shows], "measure": list(asked.measure),
            "title": measure.title, "kind": measure.kind, "unit": measure.unit, "options": list(looked.measured.options),
            "told": labs.in_words(lab, all_values, told),
            "tables": [plain(one) for one in looked.tables],
        }  # fmt: skip

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        """Neither the seed, nor the script, nor what was measured."""
        return {
            **{name: dealt[name] for name in ("title", "kind", "unit", "told", "tables")},
            "options": [{"text": one, "marked": one == answer} for one in dealt["options"]],
            "value": answer or "",
            "blank": answer is None,
        }

    def read(self, question: Question, dealt: Mapping[str, Any], fields: sent.Fields) -> str | None:
        if dealt["kind"] != "number":
            chosen = sent.one(fields, VALUE_FIELD)
            return sent.known(chosen, dealt["options"], "An answer") if chosen else None
        typed = sent.line(fields, VALUE_FIELD, numeric.Numeric.length_max).translate(numeric.MINUS)
        if not typed:
            return None
        for text in (typed, typed.removesuffix(dealt["unit"]).strip()):
            if lines.number(pointed := numeric.with_point(text)) is not None:
                return pointed
        raise Unreadable(f"A number was expected and {typed[:40]!r} came. Write it like 12 or 0.25.")

    # The key

    def looked(self, dealt: Mapping[str, Any]) -> tuple[measuring.Asked, measuring.Looked]:
        """Raises measuring.Unavailable under another version of the lab than the one the tables came from."""
        if not measuring.is_current(dealt):
            raise measuring.Unavailable(f"This was asked of version {dealt['lab_version']} of the lab {dealt['lab']}, which is gone.")
        asked = measuring.Asked(**{name: dealt[name] for name in measuring.Asked.__slots__})
        return asked, measuring.look(asked)

    def facts(self, dealt: Mapping[str, Any]) -> dict[str, Any]:
        """The run and what it gives, for `measuring.play`; also for who left the question blank. Raises measuring.Unavailable."""
        return measuring.facts(*self.looked(dealt))

    def key_view(self, question: Question, dealt: Mapping[str, Any]) -> dict[str, Any]:
        try:
            found = self.facts(dealt)
        except measuring.Unavailable as error:
            return {"value": "", "why": str(error)}
        return {"value": found["measured"], "why": found["why"]}

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        found = self.facts(dealt)
        right = same(dealt["kind"], question.key, found["measured"], answer)
        html = format_html("<p>{}</p>", found["why"]) if found["why"] else ""
        return Mark(fraction=Decimal(right), said=(Said(id=VALUE_FIELD, right=right, html=html),), facts=found)


def plain(table: Table) -> dict[str, Any]:
    return {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}


def same(kind: str, key: Mapping[str, str], measured: str, answer: Any) -> bool:
    if kind != "number" or answer is None:
        return answer == measured
    given, true = lines.number(answer), Decimal(measured)
    if given is None:
        return False
    atol, rtol = (Decimal(key.get(name, "0")) for name in TOLERANCES)
    return abs(given - true) <= max(atol, rtol * abs(true))


def microseconds(written: str | None) -> int:
    return int(Decimal(written) * 1_000_000) if written else 0


def asked_of(spec: Mapping[str, Any], written: Mapping[str, str]) -> Callable[[int], measuring.Asked]:
    """The question about the run with a seed. Raises LabError where the text asks for what the lab does not have."""
    lab = runs.lab(spec["lab"])
    parameters = labs.values(lab, written)
    settings = lab.scenario(spec["scenario"]).parameters | parameters
    script = [measuring.line(lab.slug, microseconds(at), step, settings) for at, step in spec["script"]]
    shows = [[one["name"], microseconds(one["at"])] for one in spec.get("shows", ())]
    measure = [spec["measure"]["name"], microseconds(spec["measure"]["at"])]
    if (last_us := max(at_us for _, at_us in [*shows, measure])) > MOMENT_US_MAX:
        raise measuring.Unclear(f"The last moment is {last_us / 1e6:.1f} s; {MOMENT_US_MAX // 1_000_000} s is the limit.")
    return lambda seed: measuring.Asked(
        lab=lab.slug, scenario=spec["scenario"], parameters=parameters, seed=seed, script=script, shows=shows, measure=measure
    )


def clear(spec: Mapping[str, Any], written: Mapping[str, str], seed: str) -> tuple[measuring.Asked, measuring.Looked]:
    """The first of the seeds that come from `seed` whose run gives a clear answer. Raises Unclear where none of them does."""
    asked, reason = asked_of(spec, written), "no seed was tried"
    for number in range(SEEDS_MAX):
        one = asked(labs.run_seed(seed, number))
        try:
            return one, measuring.look(one)
        except measuring.Unclear as error:
            reason = str(error)
    raise measuring.Unclear(f"{SEEDS_MAX} runs gave no clear answer. Of the last: {reason}")


TYPE = Predict()
