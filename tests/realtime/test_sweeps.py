"""The same run under many seeds: what workers find, who may look, and what happens when a worker is lost."""

import json
import time
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from labs import copies, runs, stream, sweeps

pytestmark = pytest.mark.django_db
SECOND = 1_000_000


@pytest.fixture(autouse=True)
def empty_redis():
    yield
    for pattern in ("sweep*", "allowance:*"):
        for key in stream.connection().scan_iter(pattern):
            stream.connection().delete(key)


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice")


@pytest.fixture
def bob(django_user_model):
    return django_user_model.objects.create_user("bob")


@pytest.fixture
def run(alice):
    return runs.create(alice, "raft", "steady", seed=3)


@pytest.fixture
def broken(alice):
    """A run without the rule of majorities, and the script that shows what the rule is for."""
    switch = next(one for one in runs.lab("raft").switches if one.name == "majority")
    run = runs.create(alice, "raft", "paper", {**switch.parameters, switch.name: False}, seed=switch.seed)
    for at_us, action, args in switch.script:
        run.refresh_from_db()
        runs.append(alice, run.pk, client_id=uuid.uuid4(), revision=run.revision, at_us=at_us, action=action, args=args, branch=False)
    run.refresh_from_db()
    return run


def finish(id):
    while sweeps.work(id):
        pass


def test_every_seed_is_played_once_the_runs_own_first(alice, run):
    id = sweeps.begin(alice, run, count=5, until_us=4 * SECOND)
    finish(id)
    seen = sweeps.look(alice, id)
    assert seen["seeds"] == [3, 4, 5, 6, 7]
    assert sorted(one["seed"] for one in seen["findings"]) == seen["seeds"]
    assert seen["done"] and not any(one["checker"] for one in seen["findings"])


def test_a_violation_is_found_at_the_moment_the_run_itself_has_it(alice, broken):
    id = sweeps.begin(alice, broken, count=1, until_us=60 * SECOND)
    finish(id)
    [found] = sweeps.look(alice, id)["findings"]
    engine, log = runs.load(broken), runs.log_of(broken)
    first = None
    while first is None and engine.frontier_us < 60 * SECOND:
        engine.next_chunk(log)
        first = next((e for e in engine.simulation.events if type(e).__name__ == "CheckEvent" and not e.holds), None)
    assert first is not None
    assert (found["checker"], found["t_us"], found["text"]) == (first.checker, first.t_us, first.text)


def test_a_cancelled_sweep_stops_and_keeps_what_it_found(alice, run):
    id = sweeps.begin(alice, run, count=3, until_us=2 * SECOND)
    assert sweeps.cancel(alice, id)
    assert sweeps.work(id) is False
    seen = sweeps.look(alice, id)
    assert seen["done"] and seen["cancelled"] and seen["findings"] == []


def test_work_is_done_in_short_steps(alice, run, monkeypatch):
    monkeypatch.setattr(sweeps, "STEP_SECONDS", 0)
    id = sweeps.begin(alice, run, count=2, until_us=2 * SECOND)
    assert sweeps.work(id) is True
    assert sweeps.look(alice, id)["findings"] == []


def test_a_sweep_whose_worker_was_lost_is_given_out_again(alice, run, monkeypatch):
    id = sweeps.begin(alice, run, count=2, until_us=2 * SECOND)
    assert not sweeps.look(alice, id)["stalled"]
    now = time.time
    monkeypatch.setattr(sweeps.time, "time", lambda: now() + sweeps.STALLED_SECONDS + 1)
    assert sweeps.look(alice, id)["stalled"]
    finish(id)
    assert not sweeps.look(alice, id)["stalled"]


def test_only_so_many_run_at_once(alice, run):
    ids = [sweeps.begin(alice, run, count=1, until_us=2 * SECOND) for _ in range(sweeps.OPEN_MAX)]
    with pytest.raises(runs.Refused, match="still running"):
        sweeps.begin(alice, run, count=1, until_us=2 * SECOND)
    finish(ids[0])
    sweeps.begin(alice, run, count=1, until_us=2 * SECOND)


@pytest.mark.parametrize(
    "asked", [{"count": 101}, {"count": 0}, {"count": True}, {"count": "5"}, {"until_us": 61 * SECOND}, {"until_us": -1}]
)
def test_bounds(alice, run, asked):
    with pytest.raises(runs.Refused, match="whole number from 1"):
        sweeps.begin(alice, run, **({"count": 5, "until_us": SECOND} | asked))


def test_a_stranger_can_neither_begin_nor_look_nor_cancel(alice, bob, run):
    with pytest.raises(runs.Refused):
        sweeps.begin(bob, run, count=1, until_us=SECOND)
    id = sweeps.begin(alice, run, count=1, until_us=SECOND)
    assert sweeps.look(bob, id) is None
    assert not sweeps.cancel(bob, id)
    client = Client()
    client.force_login(bob)
    for response in (
        client.post(reverse("labs:sweep", args=[run.pk]), "{}", content_type="application/json"),
        client.get(reverse("labs:sweep_look", args=[uuid.UUID(id)])),
        client.post(reverse("labs:sweep_cancel", args=[uuid.UUID(id)])),
        Client().get(reverse("labs:sweep_look", args=[uuid.UUID(id)])),
    ):
        assert response.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_hundred_seeds_on_a_real_worker(live_site, alice, run, eventually):
    client = Client()
    client.force_login(alice)
    body = json.dumps({"count": 100, "until_us": 5 * SECOND})
    response = client.post(reverse("labs:sweep", args=[run.pk]), body, content_type="application/json")
    assert response.status_code == 201
    url = reverse("labs:sweep_look", args=[uuid.UUID(response.json()["sweep"])])
    seen = eventually("all seeds", lambda: (found := client.get(url).json())["done"] and found)
    assert len(seen["findings"]) == 100


@pytest.mark.django_db(transaction=True)
def test_who_holds_a_link_may_try_other_seeds(live_site, alice, bob, run, eventually):
    shared = copies.share(alice, run)
    client = Client()
    client.force_login(bob)
    body = json.dumps({"count": 2, "until_us": SECOND, "key": shared.share_key})
    response = client.post(reverse("labs:sweep", args=[shared.pk]), body, content_type="application/json")
    url = reverse("labs:sweep_look", args=[uuid.UUID(response.json()["sweep"])])
    eventually("both seeds", lambda: client.get(url).json()["done"])
