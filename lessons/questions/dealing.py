"""What is dealt to one student: an order of what is shown. It is a function of the seed alone and stays what it is for ever, since answers
and reviews of years ago are shown in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

SALTS_MAX = 64


def shuffled(ids: Iterable[str], seed: str, salt: int = 0) -> list[str]:
    """Sorted by a hash of seed, salt and id, so that the order does not depend on the one given."""
    return sorted(ids, key=lambda one: (blake2b(f"{seed}\0{salt}\0{one}".encode(), digest_size=16).digest(), one))


def unlike(ids: Sequence[str], seed: str, is_right: Callable[[Sequence[str]], bool]) -> list[str]:
    """An order that is not right. What is backwards in a right one is wrong, so the last resort cannot fail where any order is wrong."""
    order = shuffled(ids, seed)
    for salt in range(1, SALTS_MAX):
        if not is_right(order):
            return order
        order = shuffled(ids, seed, salt)
    return order[::-1] if is_right(order) else order


def order_of(dealt: Mapping[str, Any], ids: Iterable[str]) -> list[str]:
    """The order dealt. What it does not name, since the question has changed or nothing was dealt, stands at the end."""
    known = list(ids)
    order = [one for one in dealt.get("order", ()) if one in known]
    return order + [one for one in known if one not in order]
