import datetime
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.management import CommandError, call_command
from django.test import Client

from academy.accounts import links, roles
from academy.accounts.models import User

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "a-new-horse-99", "new_password2": "a-new-horse-99"}


def first_login_link():
    out = StringIO()
    call_command("login_link", "--first-instructor", stdout=out)
    return out.getvalue().strip()


def later(monkeypatch, **time):
    now = datetime.datetime.now() + datetime.timedelta(**time)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: now)


def set_new_password(path):
    client = Client()
    page = client.get(path, follow=True)
    return client.post(page.redirect_chain[-1][0], NEW) if page.redirect_chain else page


# --- the first instructor ---


def test_the_first_instructor_comes_in_by_a_link_and_sets_a_password(client):
    path = first_login_link()
    assert path.startswith("/accounts/link/")
    assert "Log in as instructor" in client.get(path).content.decode()
    response = client.post(path)
    assert response["Location"] == "/accounts/password/set/"
    response = client.post("/accounts/password/set/", {"password1": "a-new-horse-99", "password2": "a-new-horse-99"})
    assert response["Location"] == "/classes/"
    assert client.get("/classes/").status_code == 200
    instructor = User.objects.get()
    assert instructor.is_superuser
    assert instructor.check_password("a-new-horse-99")
    assert client.get("/admin/").status_code == 200


def test_looking_at_the_link_does_not_burn_it(client):
    path = first_login_link()
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert Client().post(path).status_code == 302


def test_the_link_works_once(client):
    path = first_login_link()
    client.post(path)
    response = Client().post(path)
    assert response.status_code == 410
    assert "works no more" in response.content.decode()


def test_nothing_is_printed_once_staff_has_logged_in(client):
    client.post(first_login_link())
    assert first_login_link() == ""


def test_an_unused_link_dies_when_other_staff_logs_in(client, administrator):
    path = first_login_link()
    client.post("/accounts/login/", {"login": "adam", "password": "correct-horse-9"})
    assert Client().get(path).status_code == 410
    assert Client().post(path).status_code == 410


def test_the_link_expires(client, monkeypatch):
    path = first_login_link()
    later(monkeypatch, days=3, minutes=1)
    assert client.post(path).status_code == 410


def test_asking_again_makes_no_second_instructor():
    first_login_link()
    first_login_link()
    assert User.objects.count() == 1


def test_a_student_named_instructor_gains_nothing(person):
    student = person("Instructor")
    first_login_link()
    student.refresh_from_db()
    assert not student.is_staff
    assert User.objects.get(is_superuser=True).username == "instructor-2"


@pytest.mark.parametrize("token", ["x", "1-2", "1-abc-def", "zzzzzzzzzzzzzzzzzz-1-1"])
def test_a_made_up_link_opens_nothing(client, token):
    first_login_link()
    assert client.post(f"/accounts/link/{token}/").status_code == 410
    assert not client.get("/").context["user"].is_authenticated


def test_a_reset_link_is_not_a_login_link(client):
    first_login_link()
    instructor = User.objects.get()
    token = links.reset_tokens.make_token(instructor)
    assert client.post(f"/accounts/link/{instructor.pk}-{token}/").status_code == 410


def test_guessing_links_is_slowed_down(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"first_login": "2/m/ip"}
    assert [client.post("/accounts/link/1-2-3/").status_code for _ in range(3)] == [410, 410, 429]


# --- a new password ---


def test_a_reset_link_sets_a_new_password_once(alice):
    out = StringIO()
    call_command("reset_link", "alice", "--base", "https://academy.example.org/", stdout=out)
    assert out.getvalue().startswith("https://academy.example.org/accounts/reset/")
    path = out.getvalue().strip().removeprefix("https://academy.example.org")
    assert set_new_password(path)["Location"] == "/accounts/reset/done/"
    alice.refresh_from_db()
    assert alice.check_password("a-new-horse-99")
    assert "works no more" in Client().get(path, follow=True).content.decode()


def test_a_reset_link_is_a_whole_address_where_the_site_runs_and_else_says_what_is_missing(alice, settings):
    out, err = StringIO(), StringIO()
    settings.ADDRESS = "http://127.0.0.1:8000"
    call_command("reset_link", "alice", stdout=out, stderr=err)
    assert out.getvalue().startswith("http://127.0.0.1:8000/accounts/reset/")
    assert not err.getvalue()
    settings.ADDRESS = ""
    call_command("reset_link", "alice", stdout=out, stderr=err)
    assert out.getvalue().splitlines()[1].startswith("/accounts/reset/")
    assert "Put your site's address before it" in err.getvalue()


def test_a_new_password_ends_the_wait_for_wrong_ones(alice, client):
    for _ in range(5):
        client.post("/accounts/login/", {"login": "alice", "password": "wrong"})
    assert "Too many wrong" in client.post("/accounts/login/", {"login": "alice", "password": "wrong"}).content.decode()
    set_new_password(links.reset_path(alice))
    assert client.post("/accounts/login/", {"login": "alice", "password": "a-new-horse-99"}).status_code == 302


def test_a_reset_link_expires_after_three_days(alice, monkeypatch):
    path = links.reset_path(alice)
    later(monkeypatch, days=2, hours=23)
    assert "Set a new password" in Client().get(path, follow=True).content.decode()
    later(monkeypatch, days=3, minutes=1)
    assert "works no more" in Client().get(path, follow=True).content.decode()


def test_a_reset_link_dies_when_its_user_logs_in(alice, client):
    path = links.reset_path(alice)
    client.post("/accounts/login/", {"login": "alice", "password": "correct-horse-9"})
    assert "works no more" in Client().get(path, follow=True).content.decode()


def test_a_reset_link_dies_when_its_user_becomes_staff(alice):
    path = links.reset_path(alice)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert "works no more" in Client().get(path, follow=True).content.decode()


def test_one_users_link_does_not_open_another(alice, bob):
    path = links.reset_path(alice)
    other = links.reset_path(bob)
    mixed = "/".join([*path.split("/")[:3], other.split("/")[3], *path.split("/")[4:]])
    assert "works no more" in Client().get(mixed, follow=True).content.decode()


def test_the_command_knows_no_unknown_users_and_no_guests(client):
    client.post("/accounts/guest/")
    for name in ("nobody", User.objects.get().username):
        with pytest.raises(CommandError):
            call_command("reset_link", name)


# --- who hands one out ---


def hand_out(client, user):
    data = {"action": "hand_out_reset_link", "_selected_action": [user.pk]}
    return client.post("/admin/accounts/user/", data, follow=True).content.decode()


def test_an_instructor_hands_a_link_to_a_student_of_their_class(as_user, instructor, alice, taught):
    taught(alice)
    page = hand_out(as_user(instructor), alice)
    path = "/accounts/reset/" + page.split("/accounts/reset/")[1].split("<")[0]
    assert set_new_password(path)["Location"] == "/accounts/reset/done/"


def test_an_instructor_gets_no_link_for_staff_who_sit_in_their_class(as_user, instructor, administrator, person, taught):
    colleague = person("kim", is_staff=True)
    taught(administrator, colleague)
    for user in (administrator, colleague):
        page = hand_out(as_user(instructor), user)
        assert "/accounts/reset/" not in page
        assert "only an administrator" in page
    assert "/accounts/reset/" not in hand_out(as_user(instructor), instructor)


def test_an_instructor_gets_no_link_for_a_student_of_others(as_user, instructor, alice, bob, taught):
    taught(alice)
    assert "/accounts/reset/" not in hand_out(as_user(instructor), bob)
    assert bob.username not in as_user(instructor).get("/admin/accounts/user/").content.decode()


def test_an_administrator_gets_one_for_anyone(as_user, administrator, instructor):
    assert "/accounts/reset/" in hand_out(as_user(administrator), instructor)


@pytest.mark.parametrize("who", ["alice", "clerk", "nobody"])
def test_a_stranger_gets_none(as_user, alice, bob, person, who):
    clerk = person("clerk", is_staff=True)
    client = {"alice": as_user(alice), "clerk": as_user(clerk), "nobody": Client()}[who]
    response = client.post("/admin/accounts/user/", {"action": "hand_out_reset_link", "_selected_action": [bob.pk]}, follow=True)
    assert "/accounts/reset/" not in response.content.decode()


def test_the_rule_itself(alice, bob, instructor, administrator, person, taught):
    taught(bob, administrator)
    guest = User.objects.create(username="guest-x", is_guest=True)
    off = person("off", is_active=False)
    allowed = {
        (a.username, u.username)
        for a in (alice, instructor, administrator)
        for u in (alice, bob, instructor, administrator, guest, off)
        if roles.may_hand_out_reset_link(a, u)
    }
    assert allowed == {("ines", "bob"), ("adam", "alice"), ("adam", "bob"), ("adam", "ines"), ("adam", "adam")}


def test_an_instructor_cannot_make_an_administrator(as_user, instructor, alice):
    client = as_user(instructor)
    for user in (alice, instructor):
        client.post(f"/admin/accounts/user/{user.pk}/change/", {"username": user.username, "is_staff": "on", "is_superuser": "on"})
        client.post(f"/admin/accounts/user/{user.pk}/password/", {"password1": "a-new-horse-99", "password2": "a-new-horse-99"})
        user.refresh_from_db()
        assert not user.is_superuser
        assert user.check_password("correct-horse-9")


def test_who_may_change_users_may_still_not_change_staff_or_rights(as_user, instructor, administrator, alice, taught):
    taught(alice, administrator)
    instructor.user_permissions.add(Permission.objects.get(codename="change_user"))
    client = as_user(instructor)
    for user, refused in ((administrator, (403, 403)), (instructor, (302, 404))):  # one they see, and one they do not
        data = {"username": "renamed", "is_active": "on"}
        assert client.post(f"/admin/accounts/user/{user.pk}/change/", data).status_code == refused[0]
        new = {"password1": "a-new-horse-99", "password2": "a-new-horse-99", "usable_password": "true"}
        assert client.post(f"/admin/accounts/user/{user.pk}/password/", new).status_code == refused[1]
        user.refresh_from_db()
        assert user.check_password("correct-horse-9")
    data = {"username": "alice", "first_name": "Al", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    client.post(f"/admin/accounts/user/{alice.pk}/change/", data)
    alice.refresh_from_db()
    assert (alice.first_name, alice.is_staff, alice.is_superuser) == ("Al", False, False)
