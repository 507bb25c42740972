"""The list of runs and what can be done with one: by its owner, and by nobody else."""

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labs import copies, exchange, expiry, runs
from labs.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice):
    run = runs.create(alice, "raft", "steady", {"nodes": 3}, seed=9)
    act(alice, run, 2_000_000, "crash", node="leader")
    act(alice, run, 3_000_000, "write", key="x", value="1")
    run.refresh_from_db()
    return run


def act(user, run, at_us, action, branch=False, **args):
    run.refresh_from_db()
    return runs.append(user, run.pk, client_id=uuid.uuid4(), revision=run.revision, at_us=at_us, action=action, args=args, branch=branch)


def log(run):
    return [(c.at_us, c.action, c.args) for c in runs.log_of(run)]


def uploaded(text, name="run.json"):
    return {"file": SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)}


def test_the_list_shows_ones_own_runs_and_no_others(alice, bob, run, as_user):
    other = runs.create(bob, "raft")
    page = as_user(alice).get(reverse("labs:runs")).content.decode()
    assert str(run.pk) in page and "seed 9, 2 commands" in page
    assert "0 minutes" not in page.replace("\xa0", " ")
    assert str(other.pk) not in page


def test_a_visitor_sees_an_empty_list_and_the_way_to_a_lab(client):
    page = client.get(reverse("labs:runs")).content.decode()
    assert "You have no runs" in page and reverse("labs:labs") in page
    assert 'type="file"' not in page


def test_the_list_asks_no_more_questions_for_more_runs(alice, run, as_user, django_assert_max_num_queries):
    client = as_user(alice)
    for _ in range(10):
        runs.create(alice, "raft")
    with django_assert_max_num_queries(12):
        assert client.get(reverse("labs:runs")).status_code == 200


def test_a_run_gets_a_name_and_the_name_is_bounded(alice, run, as_user):
    client = as_user(alice)
    client.post(reverse("labs:rename", args=[run.pk]), {"name": "  two   leaders <b> "})
    run.refresh_from_db()
    assert run.name == "two leaders <b>"
    assert "two leaders &lt;b&gt;" in client.get(reverse("labs:runs")).content.decode()
    told = client.post(reverse("labs:rename", args=[run.pk]), {"name": "x" * 81}, follow=True).content.decode()
    assert "at most 80 characters; this one has 81" in told
    client.post(reverse("labs:rename", args=[run.pk]), {"name": "nul \0"})
    run.refresh_from_db()
    assert run.name == "two leaders <b>"


def test_a_duplicate_has_the_same_log_and_leaves_the_original_alone(alice, run, as_user):
    response = as_user(alice).post(reverse("labs:duplicate", args=[run.pk]))
    made = Run.objects.exclude(pk=run.pk).get()
    assert response.url == reverse("labs:run", args=[made.pk])
    assert (made.origin, made.parent_id, made.seed, made.parameters) == ("copy", run.pk, 9, run.parameters)
    assert log(made) == log(run)
    act(alice, made, 4_000_000, "heal")
    assert len(log(run)) == 2
    assert not copies.counts(made) and copies.counts(run)


def test_a_deleted_run_is_gone_and_its_branch_stays(alice, run, as_user):
    branch = act(alice, run, 1_000_000, "heal", branch=True)
    as_user(alice).post(reverse("labs:delete", args=[run.pk]))
    left = Run.objects.get()
    assert (left.pk, left.parent_id, left.origin) == (branch.run, None, "branch")


@pytest.mark.parametrize("name", ["rename", "duplicate", "delete", "export", "share", "run"])
def test_a_stranger_finds_no_run_to_do_anything_with(bob, run, as_user, name):
    client = as_user(bob)
    url = reverse(f"labs:{name}", args=[run.pk])
    response = client.get(url) if name in ("export", "run") else client.post(url, {"name": "mine"})
    assert response.status_code == 404
    run.refresh_from_db()
    assert (Run.objects.count(), run.name) == (1, "")


@pytest.mark.parametrize("name", ["rename", "duplicate", "delete", "share"])
def test_what_changes_something_is_not_done_by_looking(alice, run, as_user, name):
    assert as_user(alice).get(reverse(f"labs:{name}", args=[run.pk])).status_code == 405


# Files


def test_an_exported_run_comes_back_as_the_same_run(alice, bob, run, as_user):
    as_user(alice).post(reverse("labs:rename", args=[run.pk]), {"name": "Zwei Führer"})
    response = as_user(alice).get(reverse("labs:export", args=[run.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="raft-zwei-f-hrer.json"'
    client = as_user(bob)
    made = client.post(reverse("labs:import"), uploaded(response.content))
    copy = Run.objects.get(owner=bob)
    assert made.url == reverse("labs:run", args=[copy.pk])
    assert log(copy) == log(run)
    assert (copy.seed, copy.parameters, copy.name, copy.origin) == (9, run.parameters, "Zwei Führer", "import")
    assert not copies.counts(copy)
    chunks = [runs.load(one).next_chunk(runs.log_of(one)).digest for one in (run, copy)]
    assert chunks[0] == chunks[1]


def changed(run, **changes):
    return json.dumps(json.loads(exchange.written(run)) | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "other"}, "not the file of a run"),
        ({"extra": 1}, "extra"),
        ({"lab": "nothing"}, "no lab"),
        ({"lab_version": 9999}, "version 9999"),
        ({"scenario": "nothing"}, "no scenario"),
        ({"parameters": {"nodes": 4}}, "one of 3, 5, 7"),
        ({"seed": -1}, "whole number"),
        ({"name": "x" * 81}, "name"),
        ({"name": "nul \0"}, "printed"),
        ({"commands": [{"at_us": 5, "action": "heal"}, {"at_us": 4, "action": "heal"}]}, "Command 2 comes at 4 us"),
        ({"commands": [{"at_us": 5, "action": "explode"}]}, "Command 1: "),
        ({"commands": [{"at_us": 5, "action": "crash", "args": {"node": "n9"}}]}, "n9"),
        ({"commands": [{"at_us": 600_000_000, "action": "heal"}]}, "at_us"),
        ({"commands": [{"at_us": 5, "action": "heal"}] * 2001}, "commands"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused_with_the_reason(alice, run, as_user, changes, words):
    page = as_user(alice).post(reverse("labs:import"), uploaded(changed(run, **changes)), follow=True).content.decode()
    assert "run.json was not imported" in page
    assert words in page
    assert Run.objects.count() == 1


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[1]", b"[" * 100_000, b'{"format": "academy-run"}', b"{" + b" " * 1_100_000])
def test_a_file_of_something_else_is_refused(alice, as_user, data):
    page = as_user(alice).post(reverse("labs:import"), uploaded(data), follow=True).content.decode()
    assert "was not imported" in page or "empty" in page
    assert Run.objects.count() == 0


def test_import_without_a_file_or_an_account(alice, client, as_user):
    assert "Choose the file" in as_user(alice).post(reverse("labs:import"), follow=True).content.decode()
    assert client.post(reverse("labs:import"), uploaded(b"{}")).status_code == 302
    assert Run.objects.count() == 0


# Bounds


def test_a_user_may_keep_only_so_many_runs(alice, run, monkeypatch):
    monkeypatch.setattr(runs, "RUNS_MAX", 1)
    for attempt in (
        lambda: runs.create(alice, "raft"), lambda: copies.copy(alice, run), lambda: copies.share(alice, run),
        lambda: exchange.read(alice, exchange.written(run).encode()), lambda: act(alice, run, 1_000_000, "heal", branch=True),
    ):  # fmt: skip
        with pytest.raises(runs.Refused, match="You have 1 runs, which is the limit"):
            attempt()
    assert Run.objects.count() == 1


def test_runs_nobody_plays_expire_and_named_ones_stay(alice, run):
    named = runs.create(alice, "raft")
    Run.objects.filter(pk=named.pk).update(name="keep")
    fresh = runs.create(alice, "raft")
    old = fresh.created_at - expiry.timedelta(days=91)
    Run.objects.exclude(pk=fresh.pk).update(used_at=old)
    assert expiry.expire_runs() == 1
    assert set(Run.objects.values_list("pk", flat=True)) == {named.pk, fresh.pk}
