"""Workers die and Redis comes back empty, for real, while somebody plays: a short wait at most, no event twice, none missing."""

import contextlib
import json
import os
import signal
import uuid

import psutil
import pytest
import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from websockets.exceptions import ConnectionClosed

from labs import runs, stream
from tests.sockets import open_socket

ANSWER_S = 15
ASK_AGAIN_S = 1  # as the browser does: a lost task is covered by asking again
SECOND = 1_000_000


@pytest.fixture
def alice(transactional_db):
    return get_user_model().objects.create_user("alice")


@pytest.fixture
def run(alice):
    return runs.create(alice, "raft", "busy")


@pytest.fixture
def pool(worker):
    """The processes of the real worker that do the work."""

    def children():
        parents = [p for p in psutil.process_iter(["cmdline"]) if f"tests-{os.getpid()}@here" in (p.info["cmdline"] or [])]
        return [child for parent in parents for child in parent.children() if child.status() != psutil.STATUS_ZOMBIE]

    return children


class Watcher:
    """Somebody who plays: asks until what was asked for has come, and keeps all chunks."""

    def __init__(self, site, user, run):
        self.open = lambda: open_socket(site, user, run.pk)
        self.chunks, self.until_us, self.revision = {}, 0, 0

    def __enter__(self):
        self.connection = self.open()
        self.socket = self.connection.__enter__()
        self.say("hello", have={"revision": self.revision, "index": max(self.chunks, default=0)})
        return self

    def __exit__(self, *error):
        self.connection.__exit__(*error)

    def say(self, kind, **fields):
        with contextlib.suppress(ConnectionClosed):
            self.socket.send(json.dumps({"kind": kind, **fields}))

    def take(self, timeout):
        frame = json.loads(self.socket.recv(timeout=timeout))
        if frame["kind"] == "rewound":
            self.chunks = {index: chunk for index, chunk in self.chunks.items() if index < frame["index"]}
            self.until_us = frame["from_us"]
        if frame["kind"] == "chunk":
            assert frame["index"] not in self.chunks, "a chunk came twice"
            assert frame["from_us"] == self.until_us, "a chunk is missing"
            self.chunks[frame["index"]] = frame
            self.revision = max(self.revision, frame["revision"])
            self.until_us = frame["to_us"]
        return frame

    def play_until(self, us, eventually):
        """Ask, and ask again."""

        def there():
            self.say("need", until_us=us)
            try:
                while self.until_us < us:
                    self.take(ASK_AGAIN_S)
            except TimeoutError:
                pass
            except ConnectionClosed:
                self.__enter__()  # as the browser does: with its cursor
            return self.until_us >= us

        eventually(f"the run up to {us} us", there, 4 * ANSWER_S)

    def events(self):
        return [tuple(map(json.dumps, row)) for index in sorted(self.chunks) for row in self.chunks[index]["events"]]


def alone(run, until_us):
    """The same log played at once, without any of this."""
    engine, log, events = runs.load(run), runs.log_of(run), []
    while engine.frontier_us < until_us:
        events += [tuple(map(json.dumps, row)) for row in json.loads(engine.next_chunk(log).events)]
    return events


def test_a_worker_killed_in_the_middle_of_a_slice(live_site, alice, run, pool, eventually):
    caught = 0
    with Watcher(live_site, alice, run) as watcher:
        for until_us in range(30 * SECOND, 121 * SECOND, 30 * SECOND):
            begun = stream.top(run.pk)
            eventually("a pool of workers", lambda: len(pool()) == 2)
            watcher.say("need", until_us=until_us)
            while stream.top(run.pk) == begun:
                pass  # the first chunk of the slice is there: its worker is at the next
            for child in pool():
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.send_signal(signal.SIGKILL)
            caught += stream.newest(run.pk)[1] < until_us
            watcher.play_until(until_us, eventually)
        assert watcher.events() == alone(run, 120 * SECOND)
    assert caught, "no slice was caught in its middle"


def test_redis_restarts_empty_under_a_player(live_site, alice, run, eventually):
    """All connections are cut and all data is gone, as after a restart: broker, chunks, checkpoints and channel layer."""
    with Watcher(live_site, alice, run) as watcher:
        for until_us in (6 * SECOND, 14 * SECOND, 22 * SECOND):
            watcher.play_until(until_us, eventually)
            with redis.Redis.from_url(settings.REDIS_CHUNKS_URL) as server:
                server.flushall()
                for kind in ("normal", "pubsub"):
                    server.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        watcher.play_until(30 * SECOND, eventually)
        assert watcher.events() == alone(run, 30 * SECOND)


def test_a_command_while_redis_is_emptied(live_site, alice, run, eventually):
    with Watcher(live_site, alice, run) as watcher:
        watcher.play_until(10 * SECOND, eventually)
        with redis.Redis.from_url(settings.REDIS_CHUNKS_URL) as server:
            server.flushall()
        id = str(uuid.uuid4())
        watcher.say("command", id=id, revision=0, at_us=5 * SECOND, action="crash", args={"node": "leader"}, branch=False)
        eventually("the answer", lambda: watcher.take(ANSWER_S).get("id") == id)
        watcher.play_until(12 * SECOND, eventually)
        run.refresh_from_db()
        assert watcher.events() == alone(run, 12 * SECOND)


def test_frames_that_come_twice_and_out_of_order(live_site, alice, run, eventually):
    """As from a browser that repeats itself: what was asked for once is done once, in the only order it can be."""
    with Watcher(live_site, alice, run) as watcher:
        for until_us in (20 * SECOND, 6 * SECOND, 20 * SECOND, 6 * SECOND):
            watcher.say("need", until_us=until_us)
        watcher.play_until(20 * SECOND, eventually)
        for _ in range(2):
            watcher.say("hello", have={"revision": watcher.revision, "index": max(watcher.chunks)})
        first = {
            "id": str(uuid.uuid4()),
            "revision": 0,
            "at_us": 7 * SECOND,
            "action": "crash",
            "args": {"node": "leader"},
            "branch": False,
        }
        then = {"id": str(uuid.uuid4()), "revision": 1, "at_us": 9 * SECOND, "action": "restart_all", "args": {}, "branch": False}
        for command in (then, first, first, then, then):
            watcher.say("command", **command)
        answers = []

        def answered():
            frame = watcher.take(ANSWER_S)
            if frame["kind"] in ("accepted", "refused"):
                answers.append((frame["id"], frame.get("code") or frame["seq"]))
            return len(answers) == 5

        eventually("five answers", answered)
        assert answers == [(then["id"], "stale"), (first["id"], 1), (first["id"], 1), (then["id"], 2), (then["id"], 2)]
        watcher.play_until(24 * SECOND, eventually)
        assert watcher.events() == alone(run, 24 * SECOND)
