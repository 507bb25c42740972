"""What lets somebody into a class: the code that a teacher writes on the board, and the one-time link of an invitation.

A code is short, shown to the class's staff and kept as it is; it is random, can be replaced or switched off at any time, and joining is
slowed down. A link is as good as a seat in the class, so only its hash is kept: it is shown once, when it is made.
"""

import hashlib
import re
import secrets

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that reads like something else: no I, L, O, 0, 1
CODE_LENGTH = 8  # 31 ** 8: 850 thousand million, of which one class is one
TOKEN_BYTES = 24


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def spelled(code: str) -> str:
    """As it is written down: ABCD-EFGH."""
    return f"{code[:4]}-{code[4:]}"


def read(typed: str) -> str:
    """A code as it was typed, in the form it is kept in; "" for what cannot be one."""
    code = re.sub(r"[\s-]+", "", typed[:40]).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else ""


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
