"""The fields of an answer, as they came from outside: nothing in them is trusted."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence

from lessons.questions.model import Unreadable

Fields = Mapping[str, Sequence[str]]
RELOAD = "Load the page again and answer once more."


def texts(fields: Fields, name: str) -> list[str]:
    """What was sent under a name, blanks left out."""
    found = fields.get(name, ())
    if isinstance(found, str) or not all(isinstance(one, str) for one in found):
        raise Unreadable(f"The field {name[:40]!r} was expected as a list of texts and came as something else. {RELOAD}")
    return [one for one in found if one.strip()]


def one(fields: Fields, name: str) -> str:
    """The only thing sent under a name; "" for a blank."""
    found = texts(fields, name)
    if len(found) > 1:
        raise Unreadable(f"One answer was expected and {len(found)} came ({', '.join(repr(text[:20]) for text in found[:3])}). {RELOAD}")
    return found[0] if found else ""


def known(text: str, ids: Collection[str], what: str) -> str:
    """`text`, where the question has it. `what`: a choice, a step."""
    if text not in ids:
        raise Unreadable(f"{what} of this question was expected and {text[:40]!r} came, which it does not have. {RELOAD}")
    return text


def each(fields: Fields, prefix: str, ids: Collection[str], what: str) -> dict[str, str]:
    """id -> what was sent as `prefix` and the id, "" for a blank. A field for what the question does not have is refused."""
    for name in fields:
        if name.startswith(prefix):
            known(name.removeprefix(prefix), ids, what)
    return {name: one(fields, prefix + name) for name in ids}


def line(fields: Fields, name: str, length_max: int) -> str:
    """One line of text without what no keyboard writes: it is stored, and neither NUL nor half a character can be."""
    text = one(fields, name).strip()
    if len(text) > length_max:
        raise Unreadable(f"At most {length_max} characters were expected and {len(text)} came. Shorten the answer.")
    strange = [char for char in text if unicodedata.category(char) in ("Cc", "Cs") and not char.isspace()]
    if strange:
        raise Unreadable(f"Letters, digits and signs were expected and the character U+{ord(strange[0]):04X} came. Type the answer anew.")
    return text
