from django.http import HttpRequest

from lessons.content.matter import NUMBER

COOKIE = "lesson"


def course(request: HttpRequest) -> dict[str, str]:
    """Where the reader was last, for the top bar. Kept by the browser: it is of use to nobody else."""
    number = request.COOKIES.get(COOKIE, "")
    return {"continue_at": number if NUMBER.fullmatch(number) else ""}
