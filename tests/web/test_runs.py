"""The door to runs: what is accepted, once, by whom. Alice owns, Charlie is a stranger."""

import json
import uuid

import pytest
from django.urls import reverse

from labs import runs
from labs.engine import limits
from labs.models import Run, RunCommand

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", password="a long enough secret")


@pytest.fixture
def charlie(django_user_model):
    return django_user_model.objects.create_user("charlie", password="another long secret")


@pytest.fixture
def run(alice):
    return runs.create(alice, "raft", "steady", place="8.5#raft-first")


def append(user, run, **changes):
    command = {"client_id": uuid.uuid4(), "revision": 0, "at_us": 2_000_000, "action": "crash", "args": {"node": "leader"}, "branch": False}
    return runs.append(user, run.pk, **(command | changes))


def refusal(user, run, **changes):
    with pytest.raises(runs.Refused) as caught:
        append(user, run, **changes)
    return caught.value


def test_a_command_is_stored_and_makes_the_next_revision(alice, run):
    done = append(alice, run)
    assert (done.run, done.seq, done.revision, done.at_us) == (run.pk, 1, 1, 2_000_000)
    run.refresh_from_db()
    assert run.revision == 1
    assert [(c.seq, c.action, c.args) for c in run.commands.all()] == [(1, "crash", {"node": "leader"})]


def test_a_retry_after_a_lost_reply_is_the_same_command(alice, run):
    id = uuid.uuid4()
    first = append(alice, run, client_id=id)
    again = append(alice, run, client_id=id)
    assert again == first
    assert run.commands.count() == 1


def test_a_retry_of_a_branching_command_finds_its_branch(alice, run):
    append(alice, run, at_us=5_000_000)
    id = uuid.uuid4()
    first = append(alice, run, client_id=id, revision=1, at_us=1_000_000, branch=True)
    assert append(alice, run, client_id=id, revision=1, at_us=1_000_000, branch=True) == first
    assert Run.objects.count() == 2


def test_the_same_id_cannot_be_used_in_another_run(alice, run):
    id = uuid.uuid4()
    append(alice, run, client_id=id)
    other = runs.create(alice, "raft")
    assert refusal(alice, other, client_id=id).code == "bad_args"


def test_a_stale_revision_is_refused_with_the_newer_one(alice, run):
    append(alice, run)
    refused = refusal(alice, run, revision=0, at_us=3_000_000)
    assert (refused.code, refused.revision) == ("stale", 1)


def test_acting_before_the_last_command_asks_for_a_branch(alice, run):
    append(alice, run)
    assert refusal(alice, run, revision=1, at_us=1_999_999).code == "past"


def test_a_branch_keeps_the_log_up_to_its_moment_and_leaves_the_original_alone(alice, run):
    append(alice, run, at_us=1_000_000)
    append(alice, run, revision=1, at_us=5_000_000, action="heal", args={})
    done = append(alice, run, revision=2, at_us=3_000_000, action="restart_all", args={}, branch=True)
    branch = Run.objects.get(pk=done.run)
    assert [(c.at_us, c.action) for c in runs.log_of(branch)] == [(1_000_000, "crash"), (3_000_000, "restart_all")]
    assert (branch.parent_id, branch.branched_at_us, branch.seed) == (run.pk, 3_000_000, run.seed)
    assert [c.action for c in runs.log_of(run)] == ["crash", "heal"]
    assert runs.latest(alice, "8.5#raft-first", "raft") == branch


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action": "explode"}, "unknown_action"),
        ({"args": {"node": "n9"}}, "bad_args"),
        ({"args": {"node": ["n1"]}}, "bad_args"),
        ({"args": {"nodes": "n1"}}, "bad_args"),
        ({"args": {}}, "bad_args"),
        ({"action": "write", "args": {"key": "x", "value": "a=b"}}, "bad_args"),
        ({"action": "write", "args": {"key": "x" * 13, "value": "1"}}, "bad_args"),
        ({"at_us": limits.RUN_US_MAX}, "limit"),
        ({"at_us": -1}, "limit"),
    ],
)
def test_nonsense_is_refused_and_nothing_is_stored(alice, run, changes, code):
    assert refusal(alice, run, **changes).code == code
    assert RunCommand.objects.count() == 0


def test_a_run_takes_a_bounded_number_of_commands(alice, run, monkeypatch):
    monkeypatch.setattr(limits, "COMMANDS_MAX", 1)
    append(alice, run)
    assert refusal(alice, run, revision=1, at_us=3_000_000).code == "limit"


def test_a_run_of_an_older_version_of_the_lab_takes_no_commands(alice, run):
    Run.objects.filter(pk=run.pk).update(lab_version=0)
    assert refusal(alice, run).code == "unavailable"
    assert runs.latest(alice, "8.5#raft-first", "raft") is None


def test_a_stranger_can_neither_act_nor_learn_whether_a_run_exists(charlie, run):
    assert refusal(charlie, run).code == "denied"
    with pytest.raises(runs.Refused) as caught:
        runs.append(charlie, uuid.uuid4(), client_id=uuid.uuid4(), revision=0, at_us=0, action="heal", args={}, branch=False)
    assert caught.value.code == "denied"


def test_a_locked_out_owner_cannot_act(alice, run):
    alice.is_active = False
    assert refusal(alice, run).code == "denied"


def test_a_scenarios_script_is_the_beginning_of_the_log(alice):
    run = runs.create(alice, "raft", "leader-crash")
    assert run.revision == 1
    assert [(c.at_us, c.action) for c in runs.log_of(run)] == [(2_500_000, "crash")]


def test_a_user_may_start_only_so_many_runs_in_an_hour(alice, monkeypatch):
    monkeypatch.setattr(runs, "RUNS_PER_HOUR_MAX", 1)
    runs.create(alice, "raft")
    with pytest.raises(runs.Refused, match="limit is 1"):
        runs.create(alice, "raft")


def test_a_poster_is_computed_once_and_is_the_first_chunk():
    frame = json.loads(runs.poster("raft", "steady"))
    assert (frame["kind"], frame["index"], frame["from_us"]) == ("chunk", 1, 0)
    assert runs.poster("raft", "steady") == json.dumps(frame, separators=(",", ":"))


# Through the browser's door


def post(client, body, slug="raft"):
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(reverse("labs:create_run", args=[slug]), text, content_type="application/json")


def test_a_visitor_who_starts_a_run_becomes_a_guest_and_owns_it(client, django_user_model):
    response = post(client, {"scenario": "steady", "place": "8.5#raft-first"})
    assert response.status_code == 201
    run = Run.objects.get(pk=response.json()["run"])
    assert run.owner.is_guest
    assert client.get(reverse("labs:run", args=[run.pk])).status_code == 200


def test_a_stranger_does_not_find_the_run(client, run, charlie):
    client.force_login(charlie)
    assert client.get(reverse("labs:run", args=[run.pk])).status_code == 404


def test_a_visitor_is_asked_to_log_in_to_see_a_run(client, run):
    assert client.get(reverse("labs:run", args=[run.pk])).status_code == 302


def test_a_get_starts_nothing(client):
    assert client.get(reverse("labs:create_run", args=["raft"])).status_code == 405


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "JSON object"),
        ([1], "JSON object"),
        ({"scenario": "none"}, "no scenario"),
        ({"scenario": 5}, "must be a name"),
        ({"parameters": {"nodes": 4}}, "one of 3, 5, 7"),
        ({"parameters": [4]}, "names and values"),
        ({"seed": "x"}, "whole number"),
        ({"seed": 2**40}, "whole number"),
        ({"place": "x" * 200}, "at most 120"),
        ({"place": "\0"}, "can be printed"),
        ('{"place": "\\ud800"}', "can be printed"),
    ],
)
def test_a_run_that_cannot_be_is_refused_with_the_reason(client, body, words):
    response = post(client, body)
    assert response.status_code == 400
    assert words in response.json()["text"]
    assert Run.objects.count() == 0


def test_a_lab_that_does_not_exist_is_refused(client):
    assert post(client, {}, "nothing").status_code == 400
    assert client.get("/labs/nothing/").status_code == 404
