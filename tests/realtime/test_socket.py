"""The socket of a run, through a real server, a real worker and a real Redis."""

import json
import uuid

import pytest
from django.contrib.auth import get_user_model
from websockets.exceptions import ConnectionClosed, InvalidStatus

from labs import allowance, consumers, copies, runs, stream
from tests.sockets import open_socket

ANSWER_S = 15


class Tab:
    """One browser tab: a socket that keeps what it was sent."""

    def __init__(self, site, user, run_id, origin=None, key=""):
        self.connection = open_socket(site, user, run_id, origin, key)
        self.frames = []

    def __enter__(self):
        self.socket = self.connection.__enter__()
        return self

    def __exit__(self, *error):
        self.connection.__exit__(*error)

    def say(self, kind, **fields):
        self.socket.send(json.dumps({"kind": kind, **fields}))

    def until(self, condition):
        """Read on until a frame fits; all frames stay in `frames`."""
        while True:
            frame = json.loads(self.socket.recv(timeout=ANSWER_S))
            self.frames.append(frame)
            if condition(frame):
                return frame

    def hello(self, **have):
        self.say("hello", **have)
        return self.until(lambda f: f["kind"] == "welcome")

    def need(self, until_us):
        self.say("need", until_us=until_us)
        return self.until(lambda f: f["kind"] == "chunk" and f["to_us"] >= until_us)

    def act(self, revision, at_us, action="crash", branch=False, id=None, **args):
        id = id or str(uuid.uuid4())
        self.say("command", id=id, revision=revision, at_us=at_us, action=action, args=args, branch=branch)
        return self.until(lambda f: f["kind"] in ("accepted", "refused") and f["id"] == id)

    def chunks(self):
        return [(f["revision"], f["index"]) for f in self.frames if f["kind"] == "chunk"]

    def closed(self):
        with pytest.raises(ConnectionClosed) as caught:
            self.until(lambda f: False)
        return caught.value.rcvd.code


@pytest.fixture
def alice(transactional_db):
    return get_user_model().objects.create_user("alice")


@pytest.fixture
def charlie(transactional_db):
    return get_user_model().objects.create_user("charlie")


@pytest.fixture
def run(alice):
    return runs.create(alice, "raft", "steady")


def test_a_run_is_computed_by_a_worker_and_arrives_in_order(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        welcome = tab.hello()
        assert (welcome["run"], welcome["revision"], welcome["rights"]) == (str(run.pk), 0, {"act": True})
        tab.need(6_000_000)
        assert tab.chunks() == [(0, 1), (0, 2), (0, 3)]
        tab.need(8_000_000)
        assert tab.chunks()[3:] == [(0, 4)]
        seqs = [row[1] for f in tab.frames if f["kind"] == "chunk" for row in f["events"]]
        assert seqs == list(range(1, len(seqs) + 1)), "no event twice, none missing"


def test_stopping_the_leader_replaces_the_future_and_brings_another_leader(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.need(8_000_000)
        accepted = tab.act(0, 5_000_000, node="leader")
        assert (accepted["kind"], accepted["revision"], accepted["run"]) == ("accepted", 1, str(run.pk))
        chunk = next((f for f in tab.frames if f["kind"] == "chunk" and f["revision"] == 1), None)
        chunk = chunk or tab.until(lambda f: f["kind"] == "chunk" and f["revision"] == 1)
        kinds = [f["kind"] for f in tab.frames]
        assert kinds.index("rewound") < tab.frames.index(chunk)
        rewound = tab.frames[kinds.index("rewound")]
        assert (rewound["revision"], rewound["from_us"], rewound["index"]) == (1, 4_000_000, 3)
        leaders = [row for row in chunk["events"] if row[0] == "note" and row[4] == "became_leader"]
        assert leaders[0][5]["term"] == 2


def test_a_player_that_comes_back_gets_what_it_lacks_and_nothing_twice(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.need(4_000_000)
    with Tab(live_site, alice, run.pk) as other:
        other.hello(have={"revision": 0, "index": 2})
        other.need(8_000_000)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello(have={"revision": 0, "index": 2})
        tab.until(lambda f: f["kind"] == "chunk" and f["index"] == 4)
        assert tab.chunks() == [(0, 3), (0, 4)]


def test_a_player_may_come_back_at_a_moment(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.need(12_000_000)
    with Tab(live_site, alice, run.pk) as tab:
        assert tab.hello(at_us=9_500_000)["frontier_us"] >= 12_000_000
        tab.until(lambda f: f["kind"] == "chunk")
        assert tab.chunks() == [(0, 5)]


def test_two_tabs_see_the_same_and_the_stale_one_is_told_the_newer_revision(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as one, Tab(live_site, alice, run.pk) as two:
        one.hello()
        two.hello()
        one.need(6_000_000)
        two.until(lambda f: f["kind"] == "chunk" and f["index"] == 3)
        assert one.act(0, 3_000_000, node="n1")["kind"] == "accepted"
        two.until(lambda f: f["kind"] == "rewound")
        refused = two.act(0, 3_500_000, node="n2")
        assert (refused["code"], refused["revision"]) == ("stale", 1)
        assert two.act(1, 3_500_000, node="n2")["revision"] == 2


def test_a_command_sent_again_after_a_lost_reply_is_the_same_command(live_site, alice, run):
    id = str(uuid.uuid4())
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        first = tab.act(0, 3_000_000, id=id, node="n1")
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        assert tab.act(0, 3_000_000, id=id, node="n1") == first
    assert run.commands.count() == 1


def test_acting_in_the_past_makes_a_branch_that_can_be_followed(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.act(0, 5_000_000, node="n1")
        assert tab.act(1, 2_000_000, node="n2")["code"] == "past"
        accepted = tab.act(1, 2_000_000, branch=True, node="n2")
        assert accepted["run"] != str(run.pk)
    with Tab(live_site, alice, accepted["run"]) as branch:
        welcome = branch.hello()
        assert welcome["parent"] == str(run.pk)
        assert [c["at_us"] for c in welcome["commands"]] == [2_000_000]
        branch.need(4_000_000)


def test_redis_comes_back_empty_and_the_player_notices_only_a_short_wait(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.need(6_000_000)
        stream.connection().flushdb()
        tab.need(10_000_000)
        assert tab.chunks() == [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]


def test_a_moment_long_gone_is_computed_again_for_the_one_who_seeks_it(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.say("seek", at_us=31_000_000)
        chunk = tab.until(lambda f: f["kind"] == "chunk")
        assert chunk["from_us"] <= 31_000_000 < chunk["to_us"]
        assert stream.top(run.pk) is None


@pytest.mark.parametrize("who", ["charlie", None])
def test_a_stranger_is_shown_the_door(live_site, alice, charlie, run, who):
    with Tab(live_site, charlie if who else None, run.pk) as tab:
        assert tab.closed() == 4401
        assert tab.frames == []


def test_a_run_that_does_not_exist_closes_with_its_own_code(live_site, alice):
    with Tab(live_site, alice, uuid.uuid4()) as tab:
        assert tab.closed() == 4404


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", "http://[", "file://127.0.0.1"])
def test_a_page_of_another_origin_cannot_connect(live_site, alice, run, origin):
    with pytest.raises(InvalidStatus) as caught:
        Tab(live_site, alice, run.pk, origin=origin).__enter__()
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("garbage", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"kind": "dance"}', "dance"),
        ('{"kind": "need", "until_us": "soon"}', "until_us"),
        ('{"kind": "need", "until_us": -1}', "until_us"),
        ('{"kind": "need", "until_us": 1e30}', "until_us"),
        ('{"kind": "command", "id": "x", "revision": 0, "at_us": 0, "action": "heal"}', "id"),
        ("[" * 10_000, "cannot be read"),
        (json.dumps({"kind": "hello", "padding": "x" * 20_000}), "at most 16384 bytes"),
    ],
)
def test_a_malformed_frame_gets_one_clear_error_and_the_socket_stays_open(live_site, alice, run, text, words):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.socket.send(text)
        refused = tab.until(lambda f: True)
        assert (refused["kind"], refused["code"], refused["id"]) == ("refused", "malformed", None)
        assert words in refused["text"]
        tab.need(2_000_000)


def test_who_sends_only_nonsense_is_disconnected(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        for _ in range(5):
            tab.socket.send(b"\x00\x01")
        assert tab.closed() == 4400


def test_who_does_not_say_hello_is_disconnected(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.say("need", until_us=2_000_000)
        assert tab.closed() == 4400


def test_who_floods_is_disconnected_and_the_site_goes_on(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        with pytest.raises(ConnectionClosed):
            for _ in range(2_000):
                tab.say("need", until_us=2_000_000)
            tab.closed()
            raise ConnectionClosed(None, None)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.need(2_000_000)


def test_a_frame_larger_than_the_server_reads_ends_the_socket(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.socket.send("x" * 300_000)
        assert tab.closed() == 1009


# Rights, allowances, marks


def test_the_holder_of_a_link_watches_and_cannot_act(live_site, alice, charlie, run):
    shared = copies.share(alice, run)
    for user in (charlie, None):
        with Tab(live_site, user, shared.pk, key=shared.share_key) as tab:
            assert tab.hello()["rights"] == {"act": False}
            tab.need(2_000_000)
            assert tab.act(0, 1_000_000, node="n1")["code"] == "denied"
    with Tab(live_site, charlie, shared.pk, key=shared.share_key + "x") as tab:
        assert tab.closed() == 4401
    with Tab(live_site, charlie, run.pk, key=shared.share_key) as tab:
        assert tab.closed() == 4401
    assert shared.commands.count() == 0


def test_who_comes_back_late_is_told_where_things_happened(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.need(6_000_000)
        tab.act(0, 5_000_000, node="leader")
        tab.until(lambda f: f["kind"] == "chunk" and f["revision"] == 1)
        tab.need(30_000_000)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello(at_us=29_000_000)
        told = tab.until(lambda f: f["kind"] == "marks")
        tab.until(lambda f: f["kind"] == "chunk" and f["index"] == 15)
    faults = [(index, row[2]) for index, _, rows in told["chunks"] for row in rows if row[0] == "fault"]
    assert faults == [(3, 5_000_000)]
    elections = [row[4] for _, _, rows in told["chunks"] for row in rows if row[0] == "note"]
    assert elections.count("became_leader") == 2


def test_only_so_many_runs_of_one_user_play_at_once(live_site, alice, run, monkeypatch):
    monkeypatch.setattr(allowance, "LIVE_RUNS_MAX", 1)
    other = runs.create(alice, "raft", "steady")
    with Tab(live_site, alice, run.pk) as one, Tab(live_site, alice, other.pk) as two:
        one.hello()
        one.need(2_000_000)
        two.hello()
        two.say("need", until_us=2_000_000)
        refused = two.until(lambda f: f["kind"] == "refused")
        assert (refused["code"], refused["id"]) == ("limit", None)
        assert "playing at once" in refused["text"]
        one.need(4_000_000)


def test_a_command_that_is_stored_is_accepted_though_no_worker_may_be_asked(live_site, alice, run, monkeypatch):
    monkeypatch.setattr(allowance, "LIVE_RUNS_MAX", 0)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        id = str(uuid.uuid4())
        tab.say("command", id=id, revision=0, at_us=3_000_000, action="crash", args={"node": "n1"}, branch=False)
        refused = tab.until(lambda f: f["kind"] == "refused")
        assert (refused["id"], refused["code"]) == (None, "limit")
        accepted = tab.until(lambda f: f["kind"] == "accepted")
        assert (accepted["id"], accepted["revision"]) == (id, 1)
    assert run.commands.count() == 1


def test_only_so_many_commands_in_a_minute(live_site, alice, run, monkeypatch):
    monkeypatch.setattr(allowance, "COMMANDS_PER_MINUTE_MAX", 1)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        # Two in one minute; where the clock turns in between, the third.
        answers = [tab.act(i, 1_000_000 + i, "heal") for i in range(3)]
    refused = next(a for a in answers if a["kind"] == "refused")
    assert refused["code"] == "limit" and "in a minute" in refused["text"]


def test_a_run_that_is_deleted_while_it_plays_says_so(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.need(2_000_000)
        run.delete()
        tab.say("need", until_us=20_000_000)
        assert "deleted" in tab.until(lambda f: f["kind"] == "gone")["text"]
        assert tab.closed() == 4404


def test_what_comes_after_the_last_word_is_not_answered(live_site, alice, run, caplog):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        for _ in range(12):
            tab.socket.send("garbage")
        assert tab.closed() == 4400
    assert "Unexpected ASGI message" not in caplog.text


def test_a_socket_that_nobody_uses_is_put_to_sleep_with_its_own_code(live_site, alice, run, monkeypatch):
    monkeypatch.setattr(consumers, "IDLE_SECONDS", 0.2)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        assert tab.closed() == 4410


def test_a_player_far_into_a_run_comes_back_and_plays_on(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        for until_us in (40_000_000, 80_000_000):
            tab.need(until_us)
    for _ in range(2):
        with Tab(live_site, alice, run.pk) as tab:
            tab.hello(have={"revision": 0, "index": 40})
            tab.need(84_000_000)
            assert tab.chunks()[0] == (0, 41)
        stream.connection().flushdb()  # the second time Redis has forgotten everything


def test_a_moment_is_computed_for_only_so_many_at_once(live_site, alice, run, monkeypatch):
    monkeypatch.setattr(allowance, "ERRANDS_MAX", 0)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.say("seek", at_us=31_000_000)
        assert tab.until(lambda f: f["kind"] != "marks")["kind"] == "busy"
    monkeypatch.setattr(allowance, "ERRANDS_MAX", 1)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        for at_us in (31_000_000, 11_000_000):  # the first one's place is free again
            tab.say("seek", at_us=at_us)
            chunk = tab.until(lambda f: f["kind"] == "chunk")
            assert chunk["from_us"] <= at_us < chunk["to_us"]


def test_the_history_checkers_say_what_they_found_when_they_are_asked(live_site, alice, run):
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.say("judge", until_us=10_000_000)
        verdict = tab.until(lambda f: f["kind"] == "verdict")
        assert (verdict["revision"], verdict["until_us"]) == (0, 10_000_000)
        [said] = verdict["verdicts"]
        assert (said["checker"], said["outcome"], said["evidence"]) == ("linearizable", "holds", [])
        assert "client operations" in said["text"]


def test_a_history_that_breaks_a_promise_is_shown_with_its_evidence(live_site, alice):
    switch = next(one for one in runs.lab("raft").switches if one.name == "safe_reads")
    broken = runs.create(alice, "raft", "paper", {**switch.parameters, switch.name: False}, seed=switch.seed)
    with Tab(live_site, alice, broken.pk) as tab:
        tab.hello()
        for revision, (at_us, action, args) in enumerate(switch.script):
            assert tab.act(revision, at_us, action, **args)["kind"] == "accepted"
        tab.say("judge", until_us=switch.until_us)
        [said] = tab.until(lambda f: f["kind"] == "verdict")["verdicts"]
        assert said["outcome"] == "violated" and said["evidence"]


def test_only_so_many_are_judged_at_once(live_site, alice, run, monkeypatch):
    monkeypatch.setattr(allowance, "ERRANDS_MAX", 0)
    with Tab(live_site, alice, run.pk) as tab:
        tab.hello()
        tab.say("judge", until_us=10_000_000)
        assert tab.until(lambda f: f["kind"] == "verdict")["verdicts"] is None
