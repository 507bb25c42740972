"""A goal to reach in a lab; the mark comes from running the student's commands again.

Whoever keeps attempts begins the runs, since a run has an owner and an attempt: with what was dealt here, through `labs.runs.create`. When
an attempt ends it seals the answer under `dealt` with two things more: `owner` and `registered`, the ids of the runs begun for this item.
"""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils.html import format_html

from labs import runs, verification
from lessons.content.problems import Problem
from lessons.questions import labs, sent
from lessons.questions.model import Answers, LabInfo, Mark, Question, QuestionType, Raw, Said, Unreadable

SEEDS_MAX = 20
RUN_FIELD = "run"  # in a form, and the id under which something is said to it


class LabChallenge(QuestionType):
    name = "challenge"
    title = "A challenge in a lab"
    example = ":challenge: elect-after-crash"
    options = frozenset({"lab", "scenario", "challenge"})
    any_option = True
    can_check = False

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

    def deal(self, question: Question, seed: str) -> dict[str, Any]:
        """The run to begin: `runs.create(user, lab, scenario, parameters, seed, place)`. The scenario and its parameters are the
        challenge's where the question does not say otherwise.
        """
        spec, lab = question.spec, runs.lab(question.spec["lab"])
        challenge = next(one for one in lab.challenges if one.name == question.key["challenge"])
        own = labs.values(lab, labs.drawn(spec["parameters"], seed))
        _, scenario, parameters = runs.resolve(lab.slug, spec["scenario"] or challenge.scenario, challenge.parameters | own)
        told = [name for name, text in spec["parameters"].items() if len(labs.alternatives(text)) > 1]
        return {
            "lab": lab.slug,
            "scenario": scenario.name,
            "parameters": parameters,
            "seed": self.run_seed(lab.slug, scenario.name, parameters, challenge.name, seed),
            "challenge": challenge.name,
            "told": labs.in_words(lab, parameters, told),
        }

    def run_seed(self, lab: str, scenario: str, parameters: Mapping[str, Any], challenge: str, seed: str) -> int:
        """The first of the seeds that come from `seed` under which somebody has to act."""
        seeds = [labs.run_seed(seed, number) for number in range(SEEDS_MAX)]
        return next((one for one in seeds if not verification.meets_itself(lab, scenario, parameters, one, challenge)), seeds[0])

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        """Words of the challenge, as the lab has them now; nothing where it has it no more."""
        lab = runs.lab(dealt["lab"])
        challenge = next((one for one in lab.challenges if one.name == dealt["challenge"]), None)
        return {
            "lab": lab.slug,
            "lab_title": lab.title,
            "title": challenge.title if challenge else dealt["challenge"],
            "brief": challenge.brief if challenge else "",
            "start": challenge.goal.start if challenge else "",
            "hints": list(challenge.hints) if challenge else [],
            "told": dealt["told"],
            "run": (answer or {}).get("run", ""),
            "blank": not answer,
        }

    def read(self, question: Question, dealt: Mapping[str, Any], fields: sent.Fields) -> dict[str, str] | None:
        """Which run counts. Whether it may, is looked at when it is sealed."""
        chosen = sent.one(fields, RUN_FIELD)
        if not chosen:
            return None
        try:
            return {"run": str(uuid.UUID(chosen))}
        except ValueError as error:
            raise Unreadable(f"The id of a run was expected and {chosen[:40]!r} came. {sent.RELOAD}") from error

    def seal(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Any:
        """The run as it is now, its whole log with it. Beside what `deal` gave, `dealt` has `owner`, a user's pk, and `registered`."""
        if not answer:
            return answer
        registered = {uuid.UUID(str(one)) for one in dealt.get("registered", ())}
        return verification.sealed(uuid.UUID(answer["run"]), registered, SimpleNamespace(pk=dealt.get("owner")), dealt)

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        """An answer that was sealed. Raises verification.Unfinished where it can be tried again, Unavailable where it cannot."""
        if not answer or answer.get("refused", "It was not handed in."):
            reason = answer.get("refused", "This run was not handed in.") if answer else "No run was chosen."
            return self.mark(Decimal(0), False, reason, {"refused": reason})
        verdict = verification.verified(verification.unsealed(answer, dealt), dealt["challenge"])
        if verdict.outcome == "unfinished":
            raise verification.Unfinished(verdict.text)
        if verdict.outcome == "unavailable":
            raise verification.Unavailable(verdict.text)
        return self.mark(
            Decimal(verdict.met), verdict.met, verdict.text, verdict.facts() | {"run": answer["run"], "challenge": dealt["challenge"]}
        )

    def mark(self, fraction: Decimal, right: bool, text: str, facts: Mapping[str, Any]) -> Mark:
        return Mark(fraction=fraction, said=(Said(id=RUN_FIELD, right=right, html=format_html("<p>{}</p>", text)),), facts=facts)


TYPE = LabChallenge()
