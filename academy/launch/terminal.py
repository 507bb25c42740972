"""What the person at the terminal reads."""

import sys


def say(sentence: str = "") -> None:
    print(sentence, flush=True)


def complain(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
