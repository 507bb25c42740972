import datetime
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from academy.accounts import guests
from academy.accounts.adapter import AccountAdapter
from academy.accounts.models import User
from labs import runs
from labs.models import Run

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-9"
FORM = {"username": "carol", "email": "", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def guest(client):
    client.post("/accounts/guest/")
    return User.objects.get(is_guest=True)


def test_a_visitor_tries_it_without_an_account(client, lesson):
    response = client.post("/accounts/guest/", {"next": "/lessons/9.1/"})
    assert response["Location"] == "/lessons/9.1/"
    guest = User.objects.get()
    assert guest.is_guest
    assert not guest.has_usable_password()
    assert guest.username.startswith("guest-")
    assert client.get("/").context["user"] == guest


def test_without_a_next_page_a_guest_starts_with_the_first_lesson(client, lesson):
    response = client.post("/accounts/guest/", follow=True)
    assert response.redirect_chain[-1][0] == "/lessons/9.1/"


def test_a_guest_who_signs_up_keeps_the_row_and_the_runs(client, guest):
    run = runs.create(guest, "raft")
    assert client.get("/accounts/signup/").status_code == 200
    client.post("/accounts/signup/", FORM)
    carol = User.objects.get(username="carol")
    assert carol.pk == guest.pk
    assert not carol.is_guest
    assert carol.check_password(PASSWORD)
    assert client.get("/").context["user"] == carol
    assert Run.objects.get().pk == run.pk
    assert Run.objects.get().owner == carol


def test_a_guest_who_logs_in_brings_the_runs_along(client, guest, alice):
    run = runs.create(guest, "raft")
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert client.get("/").context["user"] == alice
    assert Run.objects.get(pk=run.pk).owner == alice
    assert not User.objects.filter(is_guest=True).exists()


def test_a_wrong_password_leaves_the_guest_as_it_was(client, guest, alice):
    client.post("/accounts/login/", {"login": "alice", "password": "wrong"})
    assert client.get("/").context["user"] == guest


def test_a_sign_up_that_fails_leaves_the_guest_as_it_was(client, guest, alice):
    client.post("/accounts/signup/", FORM | {"username": "alice"})
    guest.refresh_from_db()
    assert guest.is_guest
    assert client.get("/").context["user"] == guest


def test_two_sign_ups_of_one_guest_make_two_people_and_lose_neither(rf, client, guest):
    request = rf.post("/")
    request.guest = User.objects.get(pk=guest.pk)
    assert guests.claim(guest)  # another tab was faster
    assert AccountAdapter().new_user(request).pk is None
    guests.adopt(guest, guests.new_guest())  # nor is the row, now an account, given away
    assert User.objects.filter(pk=guest.pk).exists()


def test_an_account_is_never_adopted_by_another(alice, bob):
    run = runs.create(alice, "raft")
    guests.adopt(alice, bob)
    assert Run.objects.get(pk=run.pk).owner == alice


def test_a_lab_gets_a_guest_for_a_visitor_and_the_user_for_a_user(rf, client, alice):
    request = rf.post("/")
    request.user = alice
    assert guests.ensure_user(request) == alice
    response = client.post("/labs/raft/runs/", "{}", content_type="application/json")
    assert response.status_code == 201
    assert Run.objects.get().owner.is_guest


def test_the_page_that_made_a_guest_can_ask_again(lesson):
    client = Client(enforce_csrf_checks=True)
    client.get("/")
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    for _ in range(2):
        assert client.post("/labs/raft/runs/", "{}", content_type="application/json", headers=headers).status_code == 201
    assert User.objects.count() == 1
    assert client.post("/labs/raft/runs/", "{}", content_type="application/json").status_code == 403


def test_one_address_makes_so_many_guests_and_no_more(settings):
    settings.ACCOUNT_RATE_LIMITS = {"guest": "2/m/ip"}
    statuses = [Client().post("/accounts/guest/").status_code for _ in range(3)]
    assert statuses == [302, 302, 429]
    assert Client().post("/labs/raft/runs/", "{}", content_type="application/json").status_code == 429
    assert User.objects.count() == 2


def test_asking_twice_makes_one_guest(client, guest):
    client.post("/accounts/guest/")
    assert User.objects.count() == 1


def test_a_link_alone_makes_no_guest(client):
    assert client.get("/accounts/guest/").status_code == 405
    assert not User.objects.exists()


def test_a_guest_is_not_led_to_another_site(client):
    response = client.post("/accounts/guest/", {"next": "//evil.example/"})
    assert response["Location"] == "/start/"


def test_a_guest_cannot_set_a_password_without_a_name(client, guest):
    for page in ("set", "change"):
        assert client.get(f"/accounts/password/{page}/")["Location"] == "/accounts/signup/"
        client.post(f"/accounts/password/{page}/", {"password1": PASSWORD, "password2": PASSWORD})
    guest.refresh_from_db()
    assert not guest.has_usable_password()


def test_the_database_refuses_a_guest_with_staff_rights(guest):
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=guest.pk).update(is_staff=True)


def test_leaving_as_a_guest_says_what_is_lost(client, guest):
    assert "Leave and lose them" in client.get("/accounts/logout/").content.decode()


def test_idle_guests_expire_with_their_runs_and_nobody_else(alice):
    long_ago = timezone.now().date() - datetime.timedelta(days=31)
    old, fresh = guests.new_guest(), guests.new_guest()
    runs.create(old, "raft")
    User.objects.filter(pk__in=[old.pk, alice.pk]).update(seen_on=long_ago)
    call_command("expire_guests", "--dry-run")
    assert User.objects.count() == 3
    call_command("expire_guests")
    assert set(User.objects.all()) == {fresh, alice}
    assert not Run.objects.exists()


def test_expiring_at_once_is_refused():
    with pytest.raises(SystemExit):
        call_command("expire_guests", "--days", "0", stderr=SimpleNamespace(write=lambda text: None))
