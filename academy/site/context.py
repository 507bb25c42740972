from django.http import HttpRequest

THEMES = ("auto", "light", "dark")  # in the order the button goes through them


def theme(request: HttpRequest) -> dict[str, str]:
    """The reader's choice, so that the page is drawn in it from the first byte."""
    chosen = request.COOKIES.get("theme", "auto")
    if chosen not in THEMES:
        chosen = "auto"
    return {"theme": chosen, "next_theme": THEMES[(THEMES.index(chosen) + 1) % len(THEMES)]}
