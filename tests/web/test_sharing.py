"""Share links: who holds one sees the copy behind it, may take a copy of their own, and can do nothing else."""

import json
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from labs import copies, runs
from labs.models import Run
from labs.rights import Rights, rights

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice):
    run = runs.create(alice, "raft", "steady", seed=9)
    act(alice, run, 0, 2_000_000)
    run.refresh_from_db()
    return run


@pytest.fixture
def shared(alice, run):
    return copies.share(alice, run)


def act(user, run, revision, at_us):
    return runs.append(
        user, run.pk, client_id=uuid.uuid4(), revision=revision, at_us=at_us, action="crash", args={"node": "n1"}, branch=False
    )


def post(client, name, run, **body):
    return client.post(reverse(f"labs:{name}", args=[run.pk]), json.dumps(body), content_type="application/json")


def test_the_table_of_rights(alice, bob, run, shared):
    anybody = AnonymousUser()
    everything, look = Rights(view=True, act=True, manage=True), Rights(view=True)
    assert rights(alice, run) == everything
    assert rights(alice, shared) == Rights(view=True, manage=True)
    for user in (bob, anybody):
        assert rights(user, run) == rights(user, run, shared.share_key) == rights(user, run, "x") == Rights()
        assert rights(user, shared) == rights(user, shared, "é" + shared.share_key[1:]) == Rights()
        assert rights(user, shared, shared.share_key) == look
    alice.is_active = False
    assert rights(alice, run) == Rights()


def test_a_link_shows_what_was_shared_whatever_its_maker_does_afterwards(alice, run, client, as_user):
    url = post(as_user(alice), "share", run).json()["url"]
    act(alice, run, 1, 5_000_000)
    response = client.get(url)
    assert response.status_code == 200
    assert response["Referrer-Policy"] == "no-referrer"
    behind = Run.objects.get(origin="shared")
    assert f'data-run="{behind.pk}"' in response.content.decode()
    assert [c.at_us for c in runs.log_of(behind)] == [2_000_000]
    run.delete()
    assert client.get(url).status_code == 200


def test_sharing_the_same_again_gives_the_same_link_and_something_new_another(alice, run, as_user):
    client = as_user(alice)
    first = post(client, "share", run).json()["url"]
    assert post(client, "share", run).json()["url"] == first
    act(alice, run, 1, 5_000_000)
    assert post(client, "share", run).json()["url"] != first


def test_nobody_acts_in_a_shared_copy_not_even_its_maker(alice, bob, shared):
    for user in (alice, bob):
        with pytest.raises(runs.Refused) as caught:
            act(user, shared, 1, 3_000_000)
        assert caught.value.code == "denied"


def test_a_deleted_copy_ends_the_link(alice, shared, client, as_user):
    url = reverse("labs:shared", args=[shared.share_key])
    as_user(alice).post(reverse("labs:delete", args=[shared.pk]))
    assert client.get(url).status_code == 404


def test_a_made_up_key_finds_nothing(client, shared):
    assert client.get("/shared/none/").status_code == 404
    assert client.get(f"/shared/{shared.share_key}x/").status_code == 404


def test_a_holder_without_an_account_takes_a_copy_and_becomes_a_guest(client, shared, alice):
    response = post(client, "copy", shared, key=shared.share_key, at_us=1_000_000)
    assert response.status_code == 201
    made = Run.objects.get(pk=response.json()["run"])
    assert made.owner.is_guest and made.owner != alice
    assert (made.origin, made.parent_id, made.share_key, made.revision) == ("copy", None, None, 0)
    assert made.place == "lab:raft"


def test_a_copy_under_another_seed_has_the_same_log(alice, run, as_user):
    made = Run.objects.get(pk=post(as_user(alice), "copy", run, seed=10).json()["run"])
    assert (made.seed, made.revision, made.parent_id) == (10, 1, run.pk)


@pytest.mark.parametrize("body", [{}, {"key": "wrong"}, {"key": 7}, {"key": ["x"]}])
def test_a_stranger_takes_no_copy(bob, client, run, shared, as_user, body):
    for one in (run, shared):
        assert post(as_user(bob), "copy", one, **body).status_code == 404
        assert post(client, "copy", one, **body).status_code == 404
    assert Run.objects.count() == 2


@pytest.mark.parametrize("body", [{"at_us": -1}, {"at_us": "x"}, {"at_us": True}, {"at_us": 2**63}, {"seed": "x"}, {"seed": -1}])
def test_a_copy_that_cannot_be_is_refused_with_the_reason(alice, run, as_user, body):
    response = post(as_user(alice), "copy", run, **body)
    assert response.status_code == 400
    assert "whole number" in response.json()["text"]


def test_an_old_version_cannot_be_copied(alice, run, as_user):
    Run.objects.filter(pk=run.pk).update(lab_version=0)
    assert "older version" in post(as_user(alice), "copy", run).json()["text"]
