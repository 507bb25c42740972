import pytest
from django.test import Client

from academy.accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-9"
FORM = {"username": "carol", "email": "", "password1": PASSWORD, "password2": PASSWORD}


def test_a_student_signs_up_logs_out_and_logs_in_again(client):
    assert client.post("/accounts/signup/", FORM).status_code == 302
    carol = User.objects.get(username="carol")
    assert not carol.is_guest
    assert client.get("/").context["user"] == carol
    client.post("/accounts/logout/")
    assert not client.get("/").context["user"].is_authenticated
    response = client.post("/accounts/login/", {"login": "carol", "password": PASSWORD})
    assert response.status_code == 302
    assert client.get("/").context["user"] == carol


def test_a_student_changes_the_password(as_user, alice):
    client = as_user(alice)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "another-horse-9", "password2": "another-horse-9"})
    alice.refresh_from_db()
    assert alice.check_password("another-horse-9")
    assert client.get("/").context["user"] == alice


def test_after_log_in_the_reader_is_back_where_they_were(client, alice):
    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": "/lessons/8.5/"})
    assert response["Location"] == "/lessons/8.5/"


def test_log_in_never_leads_to_another_site(client, alice):
    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": "https://evil.example/"})
    assert "evil" not in response["Location"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password2": "something-else-1"}, "same password"),
        ({"password1": "12345678", "password2": "12345678"}, "common"),
        ({"username": "x" * 33}, "at most 32"),
        ({"username": "Instructor"}, "reserved"),
        ({"username": "a b"}, "A name begins with a letter or digit"),
        ({"username": ".."}, "A name begins with a letter or digit"),
        ({"username": "@.."}, "A name begins with a letter or digit"),
        ({"username": "__"}, "A name begins with a letter or digit"),
        ({"username": "a/b"}, "A name begins with a letter or digit"),
        ({"password1": "p" * 129, "password2": "p" * 129}, "at most 128"),
    ],
)
def test_sign_up_says_what_is_wrong(client, wrong, said):
    response = client.post("/accounts/signup/", FORM | wrong)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not User.objects.exists()


def test_a_taken_name_is_refused_whatever_its_case(client, alice):
    response = client.post("/accounts/signup/", FORM | {"username": "ALICE"})
    assert "Somebody has this name already" in response.content.decode()
    assert User.objects.count() == 1


def test_an_address_does_not_tell_who_is_here(client, person):
    person("dave", email="dave@example.org")
    assert client.post("/accounts/signup/", FORM | {"email": "dave@example.org"}).status_code == 302
    assert User.objects.filter(username="carol").exists()


def test_wrong_passwords_are_slowed_down(client, alice):
    for _ in range(5):
        assert client.post("/accounts/login/", {"login": "alice", "password": "wrong"}).status_code == 200
    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert "Too many wrong passwords" in response.content.decode()


@pytest.mark.parametrize("name", ["7a", "Zoë", "李雷", "a.b_c+d-e@f"])
def test_a_name_may_be_any_peoples(client, name):
    client.post("/accounts/signup/", FORM | {"username": name})
    assert User.objects.filter(username=name).exists()


def test_an_account_that_is_switched_off_is_told_where_it_logs_in_and_nobody_else_is(client, as_user, alice, bob):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert response.status_code == 403
    assert "This account is switched off" in response.content.decode()
    assert not client.get("/").context["user"].is_authenticated
    for anybody in (client, as_user(bob)):
        assert anybody.get("/accounts/inactive/")["Location"] == "/"


def test_one_address_signs_up_a_class_and_not_the_world(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "2/m/ip"}
    statuses = [Client().post("/accounts/signup/", FORM | {"username": f"s{i}"}).status_code for i in range(10, 14)]
    assert statuses == [302, 302, 429, 429]


def test_log_out_asks_before_it_does(as_user, alice):
    client = as_user(alice)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/").context["user"] == alice


def test_the_forms_need_their_token(alice):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert response.status_code == 403
    assert "The form had grown old" in response.content.decode()


@pytest.mark.parametrize("path", ["email/", "confirm-email/", "password/reset/", "password/reset/done/", "login/code/confirm/"])
def test_the_pages_we_do_not_have_are_not_there(as_user, alice, path):
    assert as_user(alice).get(f"/accounts/{path}").status_code == 404


@pytest.mark.parametrize("path", ["password/change/", "password/set/"])
def test_a_stranger_is_asked_to_log_in(client, path):
    response = client.get(f"/accounts/{path}")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_the_page_for_a_forgotten_password_says_whom_to_ask(client):
    page = client.get("/accounts/password/forgot/").content.decode()
    assert "Ask your instructor" in page
    assert client.post("/accounts/password/forgot/", {"email": "a@example.org"}).status_code == 405


def test_a_day_of_visits_costs_one_write(as_user, alice, django_assert_num_queries):
    client = as_user(alice)
    client.get("/accounts/password/forgot/")
    alice.refresh_from_db()
    assert alice.seen_on is not None
    with django_assert_num_queries(3):  # session, user, and where the reader was
        client.get("/accounts/password/forgot/")
