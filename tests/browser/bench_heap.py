"""What a page holds after five minutes of play and after thirty. Figures as JSON, not a test.

    python3 manage.py test -- tests/browser/bench_heap.py -q -s

Plays the busy scenario of Raft at normal speed on the whole site for half an hour: a run lasts ten minutes, so three times from its
beginning. Every five minutes: megabytes of JavaScript objects after the browser has collected garbage, elements in the page, and where the
playhead is, in virtual seconds.
"""

import json

import pytest

from academy.accounts.models import User
from tests.lab_page import log_in, player, until

pytestmark = pytest.mark.django_db(transaction=True)
MINUTES = (5, 10, 15, 20, 25, 30)
RUN_MINUTES = 10


def test_half_an_hour(page, live_site):
    log_in(page, live_site, User.objects.create_user("alice"))
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{live_site}/labs/raft/?scenario=busy")
    until(page, "p.view.cluster.plan")
    player(page, "void (p.engage(), p.transport.setSpeed(1), p.transport.play())")
    until(page, "p.session.status === 'live'")
    began_ms = page.evaluate("() => performance.now()")
    tools = page.context.new_cdp_session(page)
    held = {}
    for minutes in MINUTES:
        held[minutes] = measured(page, tools, began_ms + minutes * 60_000)
        if minutes % RUN_MINUTES == 0:
            player(page, "void (p.transport.jump(0), p.transport.play())")
    first, last = (held[minutes]["heap_mb"] for minutes in (MINUTES[0], MINUTES[-1]))
    print("\n" + json.dumps({"minutes": held, "ratio": round(last / first, 3)}))


def measured(page, tools, at_ms):
    page.wait_for_timeout(at_ms - page.evaluate("() => performance.now()"))
    tools.send("HeapProfiler.collectGarbage")
    return {
        "heap_mb": round(tools.send("Runtime.getHeapUsage")["usedSize"] / 1e6, 2),
        "elements": page.evaluate("() => document.querySelectorAll('*').length"),
        "played_s": round(player(page, "p.now.t_us") / 1e6),
    }
