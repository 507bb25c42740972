"""What tests ask of a page with a lab on it. The site's policy forbids eval, so scripts go as functions."""

from typing import Any

from django.conf import settings
from django.test import Client

FIND = "const p = document.querySelector('lab-run');"
SET_RANGE = "(range, ms) => { range.value = ms; range.dispatchEvent(new Event('input')); range.dispatchEvent(new Event('change')); }"


def player(page: Any, script: str) -> Any:
    """Something of the element, which is called `p` in the script."""
    return page.evaluate(f"() => {{ {FIND} return {script}; }}")


def until(page: Any, script: str) -> None:
    """Waits until the element `p` shows a state of which this is true."""
    page.wait_for_function(f"() => {{ {FIND} return p?.view && p.now?.state && ({script}); }}")


def scrub(page: Any, moment_s: float) -> None:
    """To a moment of the run, and its picture is there."""
    at_us = round(moment_s * 1e6)
    player(page, f"p.transport.jump({at_us})")
    until(page, f"p.playback.here && p.now.t_us === {at_us}")


def drag(page: Any, ms: float) -> None:
    """The timeline's thumb, as a hand moves it."""
    page.locator(".track input").evaluate(SET_RANGE, ms)


def log_in(page: Any, address: str, user: Any) -> None:
    """The browser becomes this user's at the site of this address."""
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
