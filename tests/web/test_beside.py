"""Two runs side by side, and a run's relatives: who may see what. Alice owns, Bob is a classmate, a guest owns what a guest made."""

import json
import uuid

import pytest
from django.urls import reverse

from labs import runs
from labs.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice):
    """A run with one command, at 5 s."""
    made = runs.create(alice, "raft", "steady", place="lab:raft")
    act(alice, made, 5_000_000, "crash", {"node": "n3"})
    made.refresh_from_db()
    return made


def act(user, run, at_us, action, args, branch=False):
    run.refresh_from_db()
    command = {"client_id": uuid.uuid4(), "revision": run.revision, "at_us": at_us, "action": action, "args": args}
    return Run.objects.get(pk=runs.append(user, run.pk, **command, branch=branch).run)


@pytest.fixture
def branch(alice, run):
    """It leaves the run at 3 s, before the run's command."""
    return act(alice, run, 3_000_000, "partition", {"nodes": ["n1"]}, branch=True)


def address(a, b):
    return reverse("labs:beside", args=[getattr(a, "pk", a), getattr(b, "pk", b)])


def family(client, run):
    return client.get(reverse("labs:family", args=[run.pk]))


# What is there


def test_a_run_and_its_branch_stand_side_by_side_from_just_before_they_part(as_user, alice, run, branch):
    response = as_user(alice).get(address(run, branch))
    assert response.status_code == 200
    html = response.content.decode()
    assert html.count("<lab-run") == 2
    assert f'data-run="{run.pk}"' in html
    assert f'data-run="{branch.pk}"' in html
    assert 'data-led="A"' in html
    assert 'data-led="B"' in html
    assert 'data-opens-at-us="1500000"' in html


def test_the_page_tells_what_each_run_is_a_function_of(as_user, alice, run, branch):
    html = as_user(alice).get(address(run, branch)).content.decode()
    told = json.loads(html.split('<script id="beside-runs" type="application/json">')[1].split("</script>")[0])
    assert [one["id"] for one in told] == [str(run.pk), str(branch.pk)]
    assert [[c["action"] for c in one["commands"]] for one in told] == [["crash"], ["partition"]]
    assert told[1]["parent"] == str(run.pk)
    assert told[1]["branched_at_us"] == 3_000_000


def test_runs_of_other_seeds_part_at_the_start(as_user, alice, run):
    other = runs.create(alice, "raft", "steady", seed=41)
    response = as_user(alice).get(address(run, other))
    assert response.status_code == 200
    assert 'data-opens-at-us="0"' in response.content.decode()


def test_nothing_that_a_student_named_becomes_markup(as_user, alice, run, branch):
    Run.objects.filter(pk=run.pk).update(name="</script><script>alert(1)</script>")
    assert "<script>alert" not in as_user(alice).get(address(run, branch)).content.decode()


def test_the_family_of_a_branch_is_its_parent_and_what_else_left_it(as_user, alice, run, branch):
    other = act(alice, run, 4_000_000, "heal", {}, branch=True)
    told = family(as_user(alice), branch).json()
    assert told["parent"]["id"] == str(run.pk)
    assert [c["action"] for c in told["parent"]["commands"]] == ["crash"]
    assert [one["id"] for one in told["siblings"]] == [str(other.pk)]
    assert told["children"] == []


def test_a_parent_offers_its_branches_in_the_order_of_their_moments(as_user, alice, run, branch):
    act(alice, run, 1_000_000, "heal", {}, branch=True)
    told = family(as_user(alice), run).json()
    assert [(one["branched_at_us"], [c["action"] for c in one["commands"]]) for one in told["children"]] == [
        (1_000_000, ["heal"]),
        (3_000_000, ["partition"]),
    ]
    assert told["parent"] is None


def test_what_a_branch_did_since_stays_true_when_its_parent_goes_on(as_user, alice, run):
    late = act(alice, run, 9_000_000, "heal", {}, branch=True)  # shares the crash at 5 s
    act(alice, run, 7_000_000, "restart_all", {})
    (told,) = family(as_user(alice), run).json()["children"]
    assert told["id"] == str(late.pk)
    assert [c["action"] for c in told["commands"]] == ["heal"]


def test_a_shared_copy_is_no_relative(as_user, alice, run):
    from labs import copies

    copies.share(alice, run)
    assert family(as_user(alice), run).json()["children"] == []


# What is refused


def test_a_stranger_finds_neither_the_page_nor_the_family(as_user, bob, run, branch):
    assert as_user(bob).get(address(run, branch)).status_code == 404
    assert family(as_user(bob), run).status_code == 404


@pytest.mark.parametrize("side", [0, 1])
def test_one_run_of_somebody_else_hides_the_page(as_user, alice, bob, run, side):
    theirs = runs.create(bob, "raft", "steady")
    pair = [run, run]
    pair[side] = theirs
    assert as_user(alice).get(address(*pair)).status_code == 404


def test_a_visitor_is_asked_to_log_in(client, run, branch):
    for url in (address(run, branch), reverse("labs:family", args=[run.pk])):
        response = client.get(url)
        assert response.status_code == 302
        assert reverse("account_login") in response.url


def test_a_guest_sees_only_the_guests_own(client, run):
    made = client.post(reverse("labs:create_run", args=["raft"]), "{}", content_type="application/json").json()["run"]
    assert client.get(address(made, made)).status_code == 200
    assert client.get(address(made, run)).status_code == 404
    assert client.get(reverse("labs:family", args=[run.pk])).status_code == 404


def test_a_run_that_does_not_exist_is_not_found(as_user, alice, run):
    assert as_user(alice).get(address(run, uuid.uuid4())).status_code == 404
    assert as_user(alice).get(address(uuid.uuid4(), run)).status_code == 404
    assert as_user(alice).get("/runs/nonsense/beside/nonsense/").status_code == 404


def test_a_locked_out_owner_sees_nothing(as_user, alice, run, branch):
    client = as_user(alice)
    alice.is_active = False
    alice.save()
    assert client.get(address(run, branch)).status_code == 302


def test_runs_of_two_labs_are_refused_with_the_reason(as_user, alice, run, monkeypatch):
    from labs import beside_views

    other = runs.create(alice, "raft", "steady")
    Run.objects.filter(pk=other.pk).update(lab="other")
    find = beside_views.catalog.find
    monkeypatch.setattr(beside_views.catalog, "slugs", lambda: ("other", "raft"))
    monkeypatch.setattr(beside_views.catalog, "find", lambda slug: find("raft"))
    response = as_user(alice).get(address(run, other))
    assert response.status_code == 400
    assert "two different labs" in response.content.decode()


def test_a_run_whose_lab_is_gone_is_not_found(as_user, alice, run, branch):
    Run.objects.filter(pk=branch.pk).update(lab="gone")
    assert as_user(alice).get(address(run, branch)).status_code == 404


def test_a_run_whose_scenario_is_gone_is_not_found(as_user, alice, run, branch):
    Run.objects.filter(pk=branch.pk).update(scenario="gone")
    assert as_user(alice).get(address(run, branch)).status_code == 404


@pytest.mark.parametrize("name", ["family", "beside"])
def test_a_post_changes_nothing(as_user, alice, run, name):
    url = address(run, run) if name == "beside" else reverse("labs:family", args=[run.pk])
    assert as_user(alice).post(url).status_code == 405


def test_a_parent_that_is_somebody_elses_is_not_told(as_user, alice, bob, run, branch):
    Run.objects.filter(pk=run.pk).update(owner=bob)
    told = family(as_user(alice), branch).json()
    assert told["parent"] is None
    assert told["siblings"] == []
    assert str(run.pk) not in json.dumps({k: told[k] for k in ("parent", "siblings", "children")})


def test_the_family_has_a_bound(as_user, alice, run, branch, monkeypatch):
    from labs import family as families

    act(alice, run, 4_000_000, "heal", {}, branch=True)
    monkeypatch.setattr(families, "RELATIVES_MAX", 1)
    assert len(family(as_user(alice), run).json()["children"]) == 1
