"""What ordering and causal order share: everything gets a place, 1 is first."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from lessons.questions import dealing, fitting, sent, shares, showing
from lessons.questions.model import Mark, Question, QuestionType, Said, Unreadable

PREFIX = "place-"


class Places(QuestionType):
    """An answer is the list of all ids, the first first."""

    parts: ClassVar[str]  # what the spec calls them
    noun: ClassVar[str]  # one of them, as students read it

    @abstractmethod
    def in_place(self, question: Question, order: Sequence[str]) -> list[str]:
        """What may stay where it stands; all of it in a right order."""

    @abstractmethod
    def share(self, question: Question, in_place: int) -> Fraction: ...

    @abstractmethod
    def by_chance(self, question: Question) -> Fraction:
        """What an order drawn at random is worth on average."""

    def ids(self, question: Question) -> list[str]:
        return [part["id"] for part in question.spec[self.parts]]

    def deal(self, question: Question, seed: str) -> dict[str, Any]:
        """Never a right order: whoever keeps what is shown has not answered."""
        ids = self.ids(question)
        return {"order": dealing.unlike(ids, seed, lambda order: len(self.in_place(question, order)) == len(ids))}

    def view(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> dict[str, Any]:
        html = showing.html_of(question, question.spec[self.parts])
        order = dealing.order_of({"order": answer} if answer else dealt, html)
        return {
            "steps": [{"id": one, "html": html[one], "place": n if answer else None} for n, one in enumerate(order, 1)],
            "places": list(range(1, len(order) + 1)),
            "noun": self.noun,
            "blank": not answer,
        }

    def view_sent(self, question: Question, dealt: Mapping[str, Any], fields: sent.Fields) -> dict[str, Any]:
        view = self.view(question, dealt, None)
        places = {one["id"]: (fields.get(f"{PREFIX}{one['id']}") or [""])[0] for one in view["steps"]}
        known = {str(place): place for place in view["places"]}
        return {**view, "steps": [{**one, "place": known.get(places[one["id"]])} for one in view["steps"]]}

    def read(self, question: Question, dealt: Mapping[str, Any], fields: sent.Fields) -> list[str] | None:
        ids = self.ids(question)
        places = sent.each(fields, PREFIX, ids, f"One {self.noun}")
        if not any(places.values()):
            return None
        wanted = [str(n) for n in range(1, len(ids) + 1)]
        for one in places.values():
            if one and one not in wanted:
                raise Unreadable(f"A place from 1 to {len(ids)} was expected and {one[:20]!r} came. Choose another place.")
        given = [places[one] for one in ids]
        twice = [place for place in wanted if given.count(place) > 1]
        if twice:
            raise Unreadable(f"Each place was expected once and place {twice[0]} came {given.count(twice[0])} times. Change one of them.")
        if "" in given:
            raise Unreadable(
                f"A place for each of {len(ids)} {self.noun}s was expected and {given.count('')} came without. Give them one, or clear all."
            )
        return sorted(ids, key=lambda one: int(places[one]))

    def fits(self, question: Question, asked: Question, answer: Any) -> None:
        fitting.still_there(answer, self.ids(question))
        fitting.was_there(self.ids(question), self.ids(asked))

    def grade(self, question: Question, dealt: Mapping[str, Any], answer: Any) -> Mark:
        ids, feedback = self.ids(question), showing.feedback_of(question)
        order = [one for one in answer if one in ids]
        in_place = set(self.in_place(question, order))
        said = [Said(id=one, right=one in in_place, html="" if one in in_place else feedback.get(one, "")) for one in order]
        return Mark(
            fraction=shares.decimal(self.share(question, len(in_place))),
            said=tuple(said),
            facts={"in_place": len(in_place), "of": len(ids)},
        )

    def worth(self, question: Question) -> dict[str, Decimal]:
        return {"blank": Decimal(0), "guess": shares.decimal(self.by_chance(question))}
