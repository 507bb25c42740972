"""The audit trail: who changed what, from what to what; without secrets, and for good."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client

from academy.accounts.models import User
from academy.audit import actor, watch
from academy.audit.admin import said
from academy.audit.models import Entry
from academy.classes.models import Invitation, Membership, Role
from labs import runs
from labs.models import Run
from lessons import revisions

pytestmark = pytest.mark.django_db
MADE, CHANGED, DELETED, DID = Entry.Action.CREATE, Entry.Action.UPDATE, Entry.Action.DELETE, Entry.Action.ACCESS


def last(model, **by):
    return Entry.objects.filter(content_type__model=model, **by).first()


def everything():
    return json.dumps(list(Entry.objects.values("object_repr", "changes", "did", "actor_name", "additional_data", "serialized_data")))


@contextmanager
def as_actor(user):
    """As inside a request of this user."""
    token = actor._request.set(SimpleNamespace(user=user))
    try:
        yield
    finally:
        actor._request.reset(token)


# --- lessons ---


def test_who_published_which_revision_is_told(lesson, lesson_source, instructor, as_user):
    client = as_user(instructor)
    response = client.get(f"/admin/lessons/lesson/{lesson.pk}/change/")
    assert response.status_code == 200
    with as_actor(instructor):
        revisions.edit(lesson, lesson_source(title="Better"), author=instructor, base=1)
    entry = last("lesson")
    assert (entry.actor_name, entry.action) == ("ines", CHANGED)
    assert entry.changes["published"] == ["9.1 r1", "9.1 r2"]
    assert entry.changes["title"] == ["Clocks", "Better"]
    revision = last("lessonrevision")
    assert revision.action == MADE
    assert "source" not in revision.changes
    assert "Text about it" not in everything()


def test_a_conflict_and_its_end_are_told(lesson, lesson_source, instructor):
    revisions.edit(lesson, lesson_source(title="Mine"), author=instructor, base=1)
    revisions.take_file(lesson_source(title="New"))
    assert last("lesson").changes["pending"] == ["None", "9.1 r3"]
    lesson.refresh_from_db()
    with as_actor(instructor):
        revisions.settle(lesson, 3, 2, "ours")
    entry = last("lesson")
    assert (entry.actor_name, entry.changes["pending"]) == ("ines", ["9.1 r3", "None"])


def test_what_a_command_does_is_told_without_a_name(lesson):
    assert last("lesson").actor_name == ""
    assert last("lesson").actor_id is None


# --- accounts ---


def test_roles_and_groups_of_users_are_told(as_user, administrator, alice):
    data = {"username": "alice", "is_active": "on", "is_staff": "on", "groups": [Group.objects.get(name="Authors").pk]}
    as_user(administrator).post(f"/admin/accounts/user/{alice.pk}/change/", data)
    alice.refresh_from_db()
    assert alice.is_staff
    entries = Entry.objects.filter(object_pk=str(alice.pk), content_type__model="user", actor_name="adam")
    changes = {name: change for entry in entries for name, change in entry.changes.items()}
    assert changes["is_staff"] == ["False", "True"]
    assert changes["groups"] == {"type": "m2m", "operation": "add", "objects": ["Authors"]}


def test_a_new_password_is_told_and_the_hash_is_not(as_user, alice):
    new = {"oldpassword": "correct-horse-9", "password1": "another-horse-9", "password2": "another-horse-9"}
    as_user(alice).post("/accounts/password/change/", new)
    entry = last("user", action=CHANGED)
    assert (entry.actor_name, entry.changes["password"]) == ("alice", ["not shown", "not shown"])
    assert said("password", entry.changes["password"]) == "password: changed"
    alice.refresh_from_db()
    assert alice.password not in everything()
    assert alice.password.split("$")[-1] not in everything()


def test_a_reset_link_is_told_and_the_link_is_not(as_user, instructor, alice, taught):
    taught(alice)
    data = {"action": "hand_out_reset_link", "_selected_action": [alice.pk]}
    page = as_user(instructor).post("/admin/accounts/user/", data, follow=True).content.decode()
    token = page.split("/accounts/reset/")[1].split("<")[0]
    entry = last("user", action=DID)
    assert (entry.actor_name, entry.object_repr, entry.did) == ("ines", "alice", "made a one-time password link")
    assert token not in everything()
    call_command("reset_link", "alice")
    assert last("user", action=DID).did == "made a one-time password link on the server"


def test_guests_come_and_go_without_a_word(client):
    client.post("/accounts/guest/")
    guest = User.objects.get(is_guest=True)
    guest.delete()
    assert not Entry.objects.filter(content_type__model="user").exists()


def test_a_reader_costs_no_entry_and_no_look_at_the_session(client, lesson, django_assert_num_queries):
    before = Entry.objects.count()
    client.get("/lessons/9.1/")
    assert Entry.objects.count() == before
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


# --- classes ---


def test_settings_members_roles_and_dates_of_a_class_are_told(as_user, instructor, taught, alice):
    school = taught()
    client = as_user(instructor)
    client.post(f"/classes/{school.pk}/settings/", {"name": "Renamed", "time_zone": "UTC", "opens_on": "", "closes_on": ""})
    assert last("schoolclass").changes == {"name": ["Systems", "Renamed"]}
    client.post(f"/classes/{school.pk}/members/", {"username": "alice", "role": "student"})
    entry = last("membership")
    assert (entry.actor_name, entry.action, entry.object_repr) == ("ines", MADE, "alice in Renamed")
    seat = Membership.objects.get(user=alice)
    client.post(f"/classes/{school.pk}/members/{seat.pk}/", {"role": "assistant"})
    assert last("membership").changes == {"role": ["student", "assistant"]}
    client.post(f"/classes/{school.pk}/members/{seat.pk}/", {"do": "remove"})
    assert last("membership").action == DELETED
    client.post(f"/classes/{school.pk}/dates/", {"item": "Report", "lesson_number": "", "opens_at": "", "due_at": "2027-03-01T08:00"})
    assert last("classdate").changes["due_at"] == ["None", "2027-03-01 08:00:00"]
    client.post(f"/classes/{school.pk}/dates/{school.dates.get().pk}/delete/")
    assert last("classdate").action == DELETED


def test_codes_links_and_addresses_are_not_in_it(as_user, instructor, taught):
    school = taught()
    client = as_user(instructor)
    first = school.join_code
    client.post(f"/classes/{school.pk}/code/", {"do": "new", "expires_at": ""})
    school.refresh_from_db()
    assert last("schoolclass").changes == {"join_code": ["not shown", "not shown"]}
    client.post(f"/classes/{school.pk}/roster/", {"text": "email\ngrace@example.org\n", "do": "apply"})
    page = client.post(f"/classes/{school.pk}/invitations/links/").content.decode()
    token = page.split("/classes/invited/")[1].split("/")[0]
    assert last("invitation", action=DID).did == "made an invitation's link"
    text = everything()
    for secret in (first, school.join_code, token, Invitation.objects.get().token_hash, "grace@example.org"):
        assert secret not in text


def test_an_export_of_the_roster_is_told(as_user, instructor, taught):
    school = taught()
    as_user(instructor).get(f"/classes/{school.pk}/roster.csv")
    assert (last("schoolclass").did, last("schoolclass").actor_name) == ("exported the roster", "ines")


# --- runs ---


def test_a_run_that_staff_deletes_is_told_and_ones_own_is_not(as_user, administrator, alice):
    own, other = runs.create(alice, "raft"), runs.create(alice, "raft")
    as_user(alice).post(f"/runs/{own.pk}/delete/")
    assert last("run") is None
    as_user(administrator).post(f"/admin/labs/run/{other.pk}/delete/", {"post": "yes"})
    assert not Run.objects.exists()
    entry = last("run")
    assert (entry.actor_name, entry.did, entry.object_pk) == ("adam", "deleted a run of somebody else", str(other.pk))
    assert entry.changes == {"owner": ["alice", "None"]}


# --- for good ---


def test_it_stays_when_the_actor_goes(as_user, administrator, instructor, taught, alice):
    school = taught()
    as_user(instructor).post(f"/classes/{school.pk}/members/", {"username": "alice", "role": "student"})
    instructor.delete()
    entry = Entry.objects.get(object_repr="alice in Systems", action=MADE)
    assert entry.actor_name == "ines"
    page = as_user(administrator).get(f"/admin/audit/entry/{entry.pk}/change/").content.decode()
    assert "ines" in page


def test_an_administrator_deletes_no_account_in_the_administration(as_user, administrator, instructor):
    assert as_user(administrator).post(f"/admin/accounts/user/{instructor.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="ines").exists()


def test_nobody_changes_or_deletes_an_entry(administrator, as_user, lesson):
    entry = Entry.objects.first()
    for change in (
        lambda: Entry.objects.filter(pk=entry.pk).update(actor_name="somebody else"),
        lambda: Entry.objects.filter(pk=entry.pk).delete(),
        lambda: call_command("auditlogflush", "--yes", verbosity=0),
    ):
        with pytest.raises((DatabaseError, TypeError)), transaction.atomic():
            change()
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()
    client = as_user(administrator)
    assert client.get("/admin/audit/entry/").status_code == 200
    assert client.get(f"/admin/audit/entry/{entry.pk}/change/").status_code == 200
    assert client.get("/admin/audit/entry/add/").status_code == 403
    assert client.post(f"/admin/audit/entry/{entry.pk}/change/", {"did": "x"}).status_code == 403
    assert client.post(f"/admin/audit/entry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post("/admin/audit/entry/", {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert Entry.objects.filter(pk=entry.pk).exists()


def test_it_is_read_with_filters(administrator, as_user, taught, alice):
    school = taught(alice)
    client = as_user(administrator)
    page = client.get(f"/admin/audit/entry/?q=alice&action__exact={MADE}").content.decode()
    assert "alice in Systems" in page
    kind = Entry.objects.filter(content_type__model="membership").first().content_type_id
    page = client.get(f"/admin/audit/entry/?resource_type={kind}").content.decode()
    assert "alice in Systems" in page
    assert f">{school}<" not in page


@pytest.mark.parametrize("who", ["nobody", "alice", "instructor"])
def test_nobody_else_reads_it(who, as_user, alice, instructor, lesson):
    client = {"nobody": Client(), "alice": as_user(alice), "instructor": as_user(instructor)}[who]
    for path in ("/admin/audit/entry/", f"/admin/audit/entry/{Entry.objects.first().pk}/change/"):
        assert client.get(path).status_code in (302, 403)


def test_markup_in_a_name_stays_text(administrator, as_user, taught):
    taught(name="<script>alert(1)</script>")
    entry = last("schoolclass")
    for path in ("/admin/audit/entry/", f"/admin/audit/entry/{entry.pk}/change/"):
        assert "<script>alert(1)" not in as_user(administrator).get(path).content.decode()


def test_a_masked_value_says_only_whether_there_was_one():
    assert (watch.hidden("None"), watch.hidden(""), watch.hidden("ABCDEFGH")) == ("none", "none", "not shown")
    assert Role.STUDENT == "student"
