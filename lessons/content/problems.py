"""What is wrong with a text, said so that its author can put it right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`line` counts from 1; `example` is a line that would have been right."""

    line: int
    what: str
    expected: str
    example: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what} Expected: {self.expected} Example: {self.example}"


class ContentError(ValueError):
    """A text that cannot be published. `problems` are in the order of the lines."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        self.name = name
        self.problems = problems
        super().__init__("\n".join(f"{name}, {problem}" for problem in problems))
