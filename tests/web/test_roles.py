"""The table of roles: what each may open, for every role, the stranger, the guest and nobody at all."""

from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from academy.accounts import guests, roles
from academy.classes import access, members
from academy.classes.models import Membership, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(person):
    user = person("anna", is_staff=True)
    user.groups.add(Group.objects.get(name="Authors"))
    return user


@pytest.fixture
def school(taught, alice, person):
    """Ines instructs, tom assists, alice is a student."""
    made = taught(alice, person("tom"))
    Membership.objects.filter(user__username="tom").update(role=Role.ASSISTANT)
    return made


@pytest.fixture
def clients(as_user, school, alice, bob, author, instructor, administrator, person, django_user_model):
    """A browser for each kind of person: `other` instructs, but not this class; bob is a stranger."""
    other = person("olga", is_staff=True)
    other.groups.add(Group.objects.get(name="Instructors"))
    people = {
        "student": alice,
        "assistant": django_user_model.objects.get(username="tom"),
        "instructor": instructor,
        "other": other,
        "author": author,
        "stranger": bob,
        "guest": guests.new_guest(),
        "administrator": administrator,
    }
    return {name: as_user(user) for name, user in people.items()} | {"nobody": Client()}


def answers(clients, path, **post):
    """Who gets which answer: 302 to the log-in stands as "login"."""
    found = {}
    for name, client in clients.items():
        response = client.post(path, post) if post else client.get(path)
        login = response.status_code == 302 and "/login/" in response["Location"]
        found[name] = "login" if login else response.status_code
    return found


NOT_FOUND = {"other": 404, "author": 404, "stranger": 404, "guest": 404, "nobody": "login"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", {"student": 200, "assistant": 200, "instructor": 200, "administrator": 200}),
        ("settings/", {"student": 403, "assistant": 403, "instructor": 200, "administrator": 200}),
        ("dates/", {"student": 403, "assistant": 403, "instructor": 200, "administrator": 200}),
        ("roster/", {"student": 403, "assistant": 403, "instructor": 200, "administrator": 200}),
        ("roster.csv", {"student": 403, "assistant": 200, "instructor": 200, "administrator": 200}),
        ("members/SEAT/runs/", {"student": 403, "assistant": 200, "instructor": 200, "administrator": 403}),
    ],
)
def test_every_page_of_a_class_asks_who_is_there(clients, school, alice, path, expected):
    seat = Membership.objects.get(user=alice)
    assert answers(clients, f"/classes/{school.pk}/{path.replace('SEAT', str(seat.pk))}") == expected | NOT_FOUND


@pytest.mark.parametrize(
    "path", ["settings/", "code/", "archive/", "dates/", "dates/1/delete/", "members/", "members/SEAT/", "roster/", "invitations/links/",
             "invitations/1/withdraw/"]
)  # fmt: skip
def test_only_who_manages_a_class_changes_it(clients, school, alice, path):
    seat = Membership.objects.get(user=alice)
    found = answers(clients, f"/classes/{school.pk}/{path.replace('SEAT', str(seat.pk))}", do="?")
    managers = {found.pop("instructor"), found.pop("administrator")}
    assert found == {"student": 403, "assistant": 403} | NOT_FOUND
    assert not managers & {403, "login"}


def test_instructors_open_classes_and_nobody_else(clients):
    expected = dict.fromkeys(clients, 403) | {"instructor": 200, "other": 200, "administrator": 200, "nobody": "login"}
    assert answers(clients, "/classes/new/") == expected


ADMIN = {"student": "login", "assistant": "login", "stranger": "login", "guest": "login", "nobody": "login"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("lessons/lesson/", {"author": 200, "instructor": 200, "other": 200, "administrator": 200}),
        ("lessons/lessonrevision/", {"author": 200, "instructor": 200, "other": 200, "administrator": 200}),
        ("accounts/user/", {"author": 403, "instructor": 200, "other": 200, "administrator": 200}),
        ("classes/schoolclass/", {"author": 403, "instructor": 200, "other": 200, "administrator": 200}),
        ("classes/schoolclass/CLASS/change/", {"author": 403, "instructor": 200, "other": 302, "administrator": 200}),
        ("classes/membership/", {"author": 403, "instructor": 200, "other": 200, "administrator": 200}),
        ("classes/classdate/", {"author": 403, "instructor": 200, "other": 200, "administrator": 200}),
        ("audit/entry/", {"author": 403, "instructor": 403, "other": 403, "administrator": 200}),
        ("auth/group/", {"author": 403, "instructor": 403, "other": 403, "administrator": 200}),
        ("labs/run/", {"author": 403, "instructor": 403, "other": 403, "administrator": 200}),
    ],
)
def test_the_admin_asks_too(clients, school, path, expected):
    assert answers(clients, f"/admin/{path.replace('CLASS', str(school.pk))}") == expected | ADMIN


def test_an_instructor_of_other_classes_finds_nothing_of_this_one_in_the_admin(clients, school, alice):
    for path in ("classes/schoolclass/", "classes/membership/", "accounts/user/"):
        assert ">alice<" not in clients["other"].get(f"/admin/{path}").content.decode()
        assert ">Systems<" not in clients["other"].get(f"/admin/{path}").content.decode()
    assert ">Systems<" in clients["instructor"].get("/admin/classes/schoolclass/").content.decode()
    changed = {"name": "Mine now", "time_zone": "UTC", "opens_on": "", "closes_on": ""}
    clients["other"].post(f"/admin/classes/schoolclass/{school.pk}/change/", changed)
    school.refresh_from_db()
    assert school.name == "Systems"
    clients["instructor"].post(f"/admin/classes/schoolclass/{school.pk}/change/", changed)
    school.refresh_from_db()
    assert school.name == "Mine now"


def test_an_author_edits_lessons_and_opens_no_class(clients, author, lesson):
    assert author.has_perms(["lessons.change_lesson", "lessons.view_lessonrevision"])
    assert clients["author"].get(f"/admin/lessons/lesson/{lesson.pk}/change/").status_code == 200
    assert not access.may_open_classes(author)
    assert not roles.may_hand_out_reset_link(author, author)


def test_an_instructor_may_all_that_an_author_may(author, instructor):
    assert author.get_all_permissions() < instructor.get_all_permissions()


def test_a_seat_gives_no_right_of_the_site(school, django_user_model):
    for name in ("alice", "tom"):
        assert not django_user_model.objects.get(username=name).get_all_permissions()


def test_an_instructor_of_a_class_who_loses_the_role_manages_it_no_more(as_user, school, instructor):
    instructor.groups.clear()
    client = as_user(instructor)
    assert client.get(f"/classes/{school.pk}/settings/").status_code == 403
    assert client.get(f"/classes/{school.pk}/roster.csv").status_code == 200


def test_nobody_becomes_instructor_of_a_class_who_is_none_of_the_site(clients, school, alice):
    seat = Membership.objects.get(user=alice)
    page = clients["instructor"].post(f"/classes/{school.pk}/members/{seat.pk}/", {"do": "role", "role": "instructor"}, follow=True)
    assert "is no instructor of this site" in page.content.decode()
    seat.refresh_from_db()
    assert seat.role == Role.STUDENT


def test_permissions_of_the_table_exist():
    """A misspelled codename would be passed over in silence; `publish_lesson` comes with the editor of drafts."""
    for name, table in roles.ROLES.values():
        if name:
            wanted = {f"{label}.{codename}" for label, codenames in table.items() for codename in codenames}
            found = {f"{one.content_type.app_label}.{one.codename}" for one in roles.permissions(name)}
            assert wanted - found <= {"lessons.publish_lesson"}


def test_a_site_that_has_the_group_keeps_it_as_it_is_until_it_is_told():
    group = Group.objects.get(name="Instructors")
    group.permissions.set([Permission.objects.get(codename="view_lesson")])
    roles.make_groups(using="default")
    assert group.permissions.count() == 1
    out = StringIO()
    call_command("roles", stdout=out)
    assert "Instructors lacks" in out.getvalue()
    assert "classes.add_schoolclass" in out.getvalue()
    assert group.permissions.count() == 1
    call_command("roles", "--add", stdout=StringIO())
    assert not roles.missing("Instructors")
    out = StringIO()
    call_command("roles", stdout=out)
    assert "Instructors has all its rights" in out.getvalue()


def test_the_groups_are_made_again_where_they_are_missing():
    Group.objects.all().delete()
    roles.make_groups(using="default", sender=apps.get_app_config("lessons"))
    assert set(Group.objects.values_list("name", flat=True)) == {"Authors", "Instructors"}


def test_the_labs_ask_classes_and_a_guest_watches_nobody(school, alice, bob, instructor, django_user_model):
    from labs import runs
    from labs.rights import Rights, rights

    run = runs.create(alice, "raft")
    tom = django_user_model.objects.get(username="tom")
    for user in (instructor, tom):
        assert rights(user, run) == Rights(view=True)
    own = runs.create(instructor, "raft")
    assert not rights(tom, own).view, "staff do not watch one another"
    for user in (bob, guests.new_guest()):
        assert rights(user, run) == Rights()
    members.archive(school)
    assert rights(tom, run) == Rights()
