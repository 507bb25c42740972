"""Whether one version of a question can judge an answer that was given to another. Both functions take ids and raise Unreadable."""

from collections.abc import Iterable

from lessons.questions.model import Unreadable


def still_there(named: Iterable[str], ids: Iterable[str]) -> None:
    """What the answer names is in the question that judges."""
    if gone := sorted(set(named) - set(ids)):
        raise Unreadable(f"The answer names {gone[0]}, which this version of the question does not have.")


def was_there(needed: Iterable[str], asked: Iterable[str]) -> None:
    """What a right answer needs was in the question that was asked."""
    if new := sorted(set(needed) - set(asked)):
        raise Unreadable(f"A right answer needs {new[0]}, which was not there when the question was answered.")
