"""Numbers with the words they take."""


def counted(n: int, one: str, many: str = "") -> str:
    """1 grade is, 2 grades are; where `many` is not said, `one` with an s."""
    return f"{n} {one if n == 1 else many or one + 's'}"
