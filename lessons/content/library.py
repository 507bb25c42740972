"""The course's files, `lessons/text/*.md`, read and checked together, since they point at each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lessons.content import text as texts
from lessons.content.check import LabInfo, check
from lessons.content.problems import ContentError, Problem
from lessons.content.quizzes import NOBODY, Names

FOLDER = Path(__file__).resolve().parent.parent / "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    path: Path
    source: str
    text: texts.Text

    @property
    def number(self) -> str:
        return self.text.matter.number


def read_all(folder: Path = FOLDER) -> list[File]:
    """In the order of the lessons. Problems that need no other file are in each text."""
    return sorted((read(path) for path in folder.glob("*.md")), key=lambda file: (file.text.matter.order, file.path.name))


def read(path: Path) -> File:
    data = path.read_bytes()
    try:
        source = data.decode()  # not read_text: it would change line ends, and round trips are exact
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ContentError(
            path.name,
            (Problem(line=line, what="A character is not UTF-8.", expected="a file saved as UTF-8.", example="é as the bytes c3 a9"),),
        ) from error
    return File(path=path, source=source, text=texts.parse(source))


def problems(
    files: Sequence[File], lab_info: LabInfo, others: Mapping[str, set[str]] | None = None, names: Names = NOBODY
) -> dict[str, list[Problem]]:
    """By file name, sorted by line; files without any are left out. `others` are lessons that exist without a file, `names` questions."""
    anchors = dict(others or {}) | {file.number: anchors_of(file.text) for file in files}
    here = {file.number for file in files}
    asked = {uid: number for uid, number in names.asked_in.items() if number not in here}
    quizzes = dict(names.quizzes)
    for file in reversed(files):
        asked |= {question.uid: file.number for question in file.text.questions}
        quizzes = {quiz.name: file.number for quiz in file.text.quizzes} | quizzes
    names = Names(asked_in=asked, types=names.types, quizzes=quizzes)
    found: dict[str, list[Problem]] = {}
    for file in files:
        mine = list(file.text.problems) or check(file.text, lab_info, anchors, names)
        if not file.text.problems and file.path.stem != file.number:
            mine.append(
                Problem(
                    line=2,
                    what=f"The file {file.path.name} says it is lesson {file.number}.",
                    expected="both to agree.",
                    example=f"{file.number}.md",
                )
            )
        if mine:
            found[file.path.name] = sorted(mine, key=lambda p: p.line)
    return found


def anchors_of(text: texts.Text) -> set[str]:
    return {heading.id for heading in text.outline}
