"""Classes: joining, the roster, invitations, dates on the class's clock, leaving and archiving."""

import datetime
import re
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from academy.accounts import guests
from academy.accounts.models import User
from academy.classes import access, codes, members, roster, zones
from academy.classes.models import ClassDate, How, Invitation, Membership, Role, SchoolClass
from labs import runs

pytestmark = pytest.mark.django_db
NEW = {"name": "Systems", "time_zone": "Europe/Berlin", "opens_on": "2027-01-11", "closes_on": "2027-04-30"}
BERLIN = ZoneInfo("Europe/Berlin")
HEAD = "username,email,name\n"


@pytest.fixture
def school(taught):
    return taught(time_zone="Europe/Berlin")


@pytest.fixture
def ines(as_user, instructor):
    return as_user(instructor)


def page(response):
    return response.content.decode()


def upload(client, school, text, **fields):
    data = text if isinstance(text, bytes) else text.encode()
    file = BytesIO(data)
    file.name = "roster.csv"
    return client.post(f"/classes/{school.pk}/roster/", {"file": file, **fields})


def apply(client, school, text):
    return client.post(f"/classes/{school.pk}/roster/", {"text": text, "do": "apply"}, follow=True)


# --- opening ---


def test_an_instructor_opens_a_class_and_is_in_it(ines, instructor):
    response = ines.post("/classes/new/", NEW, follow=True)
    school = SchoolClass.objects.get()
    assert (school.created_by, school.time_zone) == (instructor, "Europe/Berlin")
    seat = Membership.objects.get()
    assert (seat.user, seat.role, seat.how) == (instructor, Role.INSTRUCTOR, How.HAND)
    assert codes.spelled(school.join_code) in page(response)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 121}, "at most 120"),
        ({"time_zone": "Mars/Olympus"}, "There is no time zone"),
        ({"time_zone": "../../etc/passwd"}, "There is no time zone"),
        ({"opens_on": "2027-05-01"}, "comes before the first"),
        ({"closes_on": "soon"}, "year-month-day"),
    ],
)
def test_a_class_that_cannot_be_says_why(ines, wrong, said):
    assert said in page(ines.post("/classes/new/", NEW | wrong))
    assert not SchoolClass.objects.exists()


# --- joining by code ---


def test_a_student_joins_by_code_however_it_is_typed(as_user, alice, school):
    typed = f" {codes.spelled(school.join_code).lower()} "
    response = as_user(alice).post("/classes/join/", {"code": typed}, follow=True)
    assert "You are in Systems." in page(response)
    seat = Membership.objects.get(user=alice)
    assert (seat.role, seat.how) == (Role.STUDENT, How.CODE)
    again = page(as_user(alice).post("/classes/join/", {"code": typed}, follow=True))
    assert "You were in Systems already" in again
    assert Membership.objects.filter(user=alice).count() == 1


def test_an_instructor_who_types_the_code_stays_instructor(ines, school, instructor):
    ines.post("/classes/join/", {"code": school.join_code})
    assert Membership.objects.get(user=instructor).role == Role.INSTRUCTOR


def test_every_code_that_opens_nothing_gets_the_same_answer(as_user, alice, school, taught):
    expired, off, over = taught(name="Expired"), taught(name="Off"), taught(name="Over")
    SchoolClass.objects.filter(pk=expired.pk).update(code_expires_at=timezone.now() - datetime.timedelta(seconds=1))
    old = off.join_code
    members.switch_code_off(off)
    over_code = over.join_code
    members.archive(over)
    client = as_user(alice)
    said = set()
    for code in ("ABCDEFGH", "x", "", "\N{SNOWMAN}" * 40, expired.join_code, old, over_code):
        response = client.post("/classes/join/", {"code": code})
        said.add((response.status_code, re.sub(r'value="[^"]*"', "", page(response).split("<main")[1].split("</main>")[0])))
    assert len(said) == 1
    assert "No class takes this code now" in said.pop()[1]
    assert not Membership.objects.filter(user=alice).exists()


def test_guessing_codes_is_slowed_down(as_user, alice, settings):
    settings.ACCOUNT_RATE_LIMITS = {"join_class": "3/m/user"}
    client = as_user(alice)
    assert [client.post("/classes/join/", {"code": "ABCDEFGH"}).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert client.get("/classes/join/").status_code == 200


@pytest.mark.parametrize("who", ["guest", "nobody"])
def test_without_an_account_one_is_asked_to_sign_up_first_and_comes_back(client, school, who):
    if who == "guest":
        client.post("/accounts/guest/")
    found = page(client.post("/classes/join/", {"code": school.join_code}))
    assert "A class needs an account" in found
    assert f"/accounts/signup/?next=/classes/join/%3Fcode%3D{school.join_code}" in found
    assert Membership.objects.count() == 1
    password = "correct-horse-9"
    form = {
        "username": "carol",
        "email": "",
        "password1": password,
        "password2": password,
        "next": f"/classes/join/?code={school.join_code}",
    }
    response = client.post("/accounts/signup/", form, follow=True)
    assert f'value="{school.join_code}"' in page(response)
    client.post("/classes/join/", {"code": school.join_code})
    assert Membership.objects.filter(user__username="carol", school_class=school).exists()


def test_a_look_at_the_page_joins_nothing(as_user, alice, school):
    as_user(alice).get(f"/classes/join/?code={school.join_code}")
    assert not Membership.objects.filter(user=alice).exists()


def test_a_new_code_ends_the_old_one(ines, school, as_user, alice):
    old = school.join_code
    ines.post(f"/classes/{school.pk}/code/", {"do": "new", "expires_at": ""})
    school.refresh_from_db()
    assert school.join_code != old
    as_user(alice).post("/classes/join/", {"code": old})
    assert not Membership.objects.filter(user=alice).exists()
    ines.post(f"/classes/{school.pk}/code/", {"do": "off"})
    school.refresh_from_db()
    assert school.join_code is None


def test_a_code_does_not_expire_in_the_past(ines, school):
    old = school.join_code
    response = ines.post(f"/classes/{school.pk}/code/", {"do": "new", "expires_at": "2020-01-01T10:00"}, follow=True)
    assert "20 years" in page(response) or "over already" in page(response)
    school.refresh_from_db()
    assert school.join_code == old


def test_a_code_is_drawn_from_letters_that_cannot_be_mistaken():
    drawn = {codes.new_code() for _ in range(200)}
    assert len(drawn) == 200
    assert not set("".join(drawn)) & set("ILO01")
    assert all(codes.read(codes.spelled(code)) == code for code in drawn)


def test_the_door_gives_no_seat_to_a_guest_or_to_an_account_that_is_switched_off(school, person):
    for nobody in (guests.new_guest(), person("off", is_active=False)):
        with pytest.raises(members.Refused):
            members.seat(school, nobody, How.CODE)


def test_a_full_class_says_so(as_user, alice, school, monkeypatch):
    monkeypatch.setattr(members, "MEMBERS_MAX", 1)
    assert "full" in page(as_user(alice).post("/classes/join/", {"code": school.join_code}))


# --- asked by others ---


def test_who_is_put_in_by_others_is_asked_and_gives_nothing_away_until_they_agree(ines, instructor, as_user, alice, school):
    run = runs.create(alice, "raft")
    ines.post(f"/classes/{school.pk}/members/", {"username": "alice", "role": "student"})
    seat = Membership.objects.get(user=alice)
    assert seat.agreed_at is None
    assert not access.students_of(instructor).exists()
    assert not access.may_watch(instructor, run)
    assert ines.get(f"/classes/{school.pk}/members/{seat.pk}/runs/").status_code == 404
    assert "asked, has not answered" in page(ines.get(f"/classes/{school.pk}/"))
    client = as_user(alice)
    assert client.get(f"/classes/{school.pk}/").status_code == 404
    assert "You are asked to join" in page(client.get("/classes/"))
    client.post(f"/classes/{school.pk}/answer/", {"do": "agree"})
    assert access.may_watch(instructor, run)
    assert [one.user for one in access.students_of(instructor)] == [alice]
    assert "You are asked to join" not in page(client.get("/classes/"))


def test_who_is_asked_may_decline(ines, as_user, alice, school):
    apply(ines, school, HEAD + "alice,,Alice\n")
    as_user(alice).post(f"/classes/{school.pk}/answer/", {"do": "decline"})
    assert not Membership.objects.filter(user=alice).exists()


def test_nobody_answers_for_somebody_else_or_twice(ines, as_user, alice, bob, school):
    apply(ines, school, HEAD + "alice,,Alice\n")
    assert as_user(bob).post(f"/classes/{school.pk}/answer/", {"do": "agree"}).status_code == 404
    assert ines.post(f"/classes/{school.pk}/answer/", {"do": "decline"}).status_code == 404
    assert as_user(alice).get(f"/classes/{school.pk}/answer/").status_code == 405
    assert Membership.objects.get(user=alice).agreed_at is None


def test_who_is_asked_and_types_the_code_has_agreed(ines, as_user, alice, school):
    apply(ines, school, HEAD + "alice,,Alice\n")
    as_user(alice).post("/classes/join/", {"code": school.join_code})
    assert Membership.objects.get(user=alice).agreed_at is not None


# --- the roster ---


def test_a_roster_says_what_it_would_do_and_does_nothing_yet(ines, school, alice, bob):
    members.seat(school, bob, How.CODE)
    guest = guests.new_guest()
    text = HEAD + f'ALICE,a@example.org,"Liddell, Alice"\nbob,,\n,grace@example.org,Grace\nnobody,,\n{guest.username},,\n'
    found = page(upload(ines, school, text))
    for line, words in (
        (2, "Is asked to join as student."),
        (3, "already, as student"),
        (4, "An invitation"),
        (5, "Nobody here"),
        (6, "a guest"),
    ):
        assert re.search(rf"<td>{line}</td>.*{words}", found)
    assert "1 would join, 2 would get an invitation, 1 stay as they are, 1 cannot be taken" in found
    assert not Membership.objects.filter(user=alice).exists()
    assert not Invitation.objects.exists()


def test_a_roster_is_applied_once_however_often_it_is_sent(ines, school, alice):
    text = HEAD + 'alice,,"Liddell, Alice"\n,grace@example.org,Grace\n'
    assert "1 joined, 1 invited, 0 as they were" in page(apply(ines, school, text))
    seat = Membership.objects.get(user=alice)
    assert (seat.how, seat.listed_as, seat.role) == (How.ROSTER, "Liddell, Alice", Role.STUDENT)
    assert "0 joined, 0 invited, 2 as they were" in page(apply(ines, school, text))
    assert Invitation.objects.count() == 1


def test_the_text_of_the_preview_is_what_is_applied(ines, school, alice):
    found = page(upload(ines, school, b"\xef\xbb\xbf" + "username;name\r\nalice;Åsa & <b>\r\n".encode()))
    assert "&lt;b&gt;" in found
    import html

    text = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", found, re.S)[1])
    apply(ines, school, text)
    assert Membership.objects.get(user=alice).listed_as == "Åsa & <b>"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("name\nAda\n", "line 1: The first line names no column username or email; it says name. Expected: the names of the columns."),
        (HEAD + ",,Ada\n", "line 2: It names nobody."),
        (HEAD + "\n\nada,not-an-email,\n", "line 4: &#x27;not-an-email&#x27; is no email."),
        (HEAD + "ada,,\nbob,,\nADA,,\n", "line 4: &#x27;ada&#x27; stands in line 2 already."),
        (HEAD + '"a\nb",,\n' + ",,x\n", "line 2: The user name has characters that cannot be printed."),
        (HEAD + f"ada,,{'x' * 151}\n", "line 2: The name is too long. Expected: at most 150"),
        (HEAD + 'ada,"open\n', "This is not CSV"),
        (HEAD, "There is nobody in it."),
        ("", "There is nothing in it." ),
        ((HEAD + "ada,,Ada\nbob,,").encode() + b"J\xfcrgen\n", "line 3: This is not UTF-8."),
        (HEAD + "".join(f"s{n},,\n" for n in range(2001)), "line 2002: There are too many lines. Expected: at most 2000"),
        (HEAD + "x" * (1024 * 1024), "at most 1 MB"),
    ],
)  # fmt: skip
def test_a_bad_roster_names_line_what_was_expected_and_an_example(ines, school, data, said):
    response = upload(ines, school, data)
    assert response.status_code == 400
    assert said in page(response)
    assert Membership.objects.count() == 1


def test_a_bad_line_holds_back_the_whole_file(ines, school, alice):
    assert ines.post(f"/classes/{school.pk}/roster/", {"text": HEAD + "alice,,\n,,x\n", "do": "apply"}).status_code == 400
    assert not Membership.objects.filter(user=alice).exists()


def test_2000_lines_are_read(ines, school):
    found = roster.read(HEAD + "".join(f"s{n},,\n" for n in range(2000)))
    assert (len(found.rows), found.problems) == (2000, [])


@pytest.mark.parametrize(
    "text", ["email;username\na@example.org;ada\n", "Email\tNAME\tUsername\na@example.org\tx\tada\n", 'x,"username"\n1,"ada"\n']
)
def test_columns_come_in_any_order_and_with_any_separator(text):
    found = roster.read(text)
    assert not found.problems
    assert found.rows[0].username == "ada"


def test_an_email_finds_no_account(ines, school, person):
    """Anybody can type any address at sign-up; the seat goes to whoever holds the link."""
    person("mallory", email="grace@example.org")
    apply(ines, school, HEAD + ",grace@example.org,Grace\n")
    assert Invitation.objects.count() == 1
    assert Membership.objects.count() == 1


# --- invitations ---


@pytest.fixture
def link(ines, school):
    apply(ines, school, HEAD + ",grace@example.org,Grace\n")
    found = page(ines.post(f"/classes/{school.pk}/invitations/links/"))
    return re.search(r"http://testserver(/classes/invited/[^<]+)", found)[1]


def test_an_invitation_makes_one_seat_for_whoever_opens_it_first(as_user, alice, bob, link, school):
    assert "A seat is kept for Grace" in page(as_user(alice).get(link))
    assert not Membership.objects.filter(user=alice).exists(), "a look changes nothing"
    as_user(alice).post(link)
    seat = Membership.objects.get(user=alice)
    assert (seat.how, seat.listed_as) == (How.LINK, "Grace")
    response = as_user(bob).post(link)
    assert response.status_code == 410
    assert not Membership.objects.filter(user=bob).exists()
    found = Invitation.objects.get()
    assert (found.used_by, found.token_hash) == (seat, None)


def test_only_the_hash_of_a_link_is_kept(link):
    token = link.split("/")[3]
    kept = Invitation.objects.get()
    assert kept.token_hash == codes.token_hash(token)
    assert token not in repr(kept.__dict__)


def test_a_link_dies_by_age_by_a_new_one_by_withdrawal_and_with_the_class(ines, as_user, alice, link, school):
    client = as_user(alice)
    Invitation.objects.update(token_expires_at=timezone.now())
    assert client.post(link).status_code == 410
    Invitation.objects.update(token_expires_at=timezone.now() + datetime.timedelta(days=1))
    assert client.get(link).status_code == 200
    members.archive(school)
    assert client.post(link).status_code == 410
    members.take_out_of_archive(school)
    assert client.get(link).status_code == 200
    ines.post(f"/classes/{school.pk}/invitations/links/", {"invitation": Invitation.objects.get().pk})
    assert client.post(link).status_code == 410
    ines.post(f"/classes/{school.pk}/invitations/{Invitation.objects.get().pk}/withdraw/")
    assert not Invitation.objects.exists()
    assert not Membership.objects.filter(user=alice).exists()


@pytest.mark.parametrize("asked", ["999", "²", "x", "9" * 30])
def test_a_link_for_an_invitation_that_is_not_there_is_not_made(ines, school, asked):
    assert ines.post(f"/classes/{school.pk}/invitations/links/", {"invitation": asked}).status_code in (200, 404)


def test_a_guest_with_a_link_is_asked_to_sign_up(client, link):
    client.post("/accounts/guest/")
    response = client.post(link)
    assert "The seat belongs to an account" in page(response)
    assert response["Referrer-Policy"] == "no-referrer"
    assert Membership.objects.count() == 1


# --- the roster out ---


def test_the_export_is_harmless_in_a_spreadsheet_and_can_be_read_again(ines, school, person):
    evil = person("evil", email="evil@example.org")
    members.seat(school, evil, How.CODE, '=HYPERLINK("http://x","y")')
    response = ines.get(f"/classes/{school.pk}/roster.csv")
    assert response["Content-Disposition"] == 'attachment; filename="systems.csv"'
    text = response.content.decode()
    assert text.startswith("\ufeffusername,name,role,joined,email\r\n")
    assert "\"'=HYPERLINK" in text
    rows = {row.username: row for row in roster.read(text).rows}
    assert rows["evil"].name == '=HYPERLINK("http://x","y")'


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_begins_like_a_formula_is_text(value):
    assert roster.harmless(value).startswith("'")
    assert roster.harmless("Ada") == "Ada"


def test_an_assistant_exports_no_emails(as_user, school, alice, person):
    members.seat(school, person("eve", email="eve@example.org"), How.HAND)
    members.set_role(members.seat(school, alice, How.CODE)[0], Role.ASSISTANT)
    text = page(as_user(alice).get(f"/classes/{school.pk}/roster.csv"))
    assert "eve" in text
    assert "@" not in text
    assert "eve@" not in page(as_user(alice).get(f"/classes/{school.pk}/"))


# --- dates ---


def set_date(client, school, **fields):
    form = {"lesson_number": "", "item": "", "opens_at": "", "due_at": ""} | fields
    return client.post(f"/classes/{school.pk}/dates/", form, follow=True)


def test_a_date_is_typed_on_the_class_clock_and_kept_in_utc(ines, school, lesson, as_user, alice):
    set_date(ines, school, lesson_number="9.1", opens_at="2027-03-01T08:00", due_at="2027-07-01T18:00")
    date = ClassDate.objects.get()
    assert date.opens_at == datetime.datetime(2027, 3, 1, 7, 0, tzinfo=datetime.UTC)
    assert date.due_at == datetime.datetime(2027, 7, 1, 16, 0, tzinfo=datetime.UTC)
    members.seat(school, alice, How.CODE)
    for path in ("/classes/", f"/classes/{school.pk}/", "/lessons/9.1/"):
        found = page(as_user(alice).get(path))
        assert "Thu 1 July 2027, 18:00" in found
        assert 'datetime="2027-07-01T16:00:00Z" data-zone="Europe/Berlin"' in found


def test_a_lesson_shows_the_dates_of_the_readers_classes_and_of_no_others(ines, school, lesson, as_user, alice, bob, client, taught):
    set_date(ines, school, lesson_number="9.1", due_at="2027-07-01T18:00")
    members.seat(school, alice, How.CODE)
    assert "class-dates" in page(as_user(alice).get("/lessons/9.1/"))
    client.post("/accounts/guest/")
    for other in (as_user(bob), client, Client()):
        assert "class-dates" not in page(other.get("/lessons/9.1/"))
    members.archive(school)
    assert "class-dates" not in page(as_user(alice).get("/lessons/9.1/"))


def test_a_time_that_does_not_exist_is_refused_with_the_reason(ines, school):
    found = page(set_date(ines, school, item="Report", due_at="2027-03-28T02:30"))
    assert "2027-03-28 02:30 does not exist in Europe/Berlin" in found
    assert not ClassDate.objects.exists()


def test_a_time_that_is_shown_twice_means_the_first_and_says_so(ines, school):
    found = page(set_date(ines, school, item="Report", due_at="2027-10-31T02:30"))
    assert "twice" in found
    assert ClassDate.objects.get().due_at == datetime.datetime(2027, 10, 31, 0, 30, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        ("Europe/Berlin", "2027-03-28 01:59", "2027-03-28 00:59"),
        ("Europe/Berlin", "2027-03-28 03:00", "2027-03-28 01:00"),
        ("Asia/Kolkata", "2027-01-01 00:00", "2026-12-31 18:30"),
        ("Australia/Lord_Howe", "2027-04-04 01:45", "2027-04-03 14:45"),  # put back by half an hour
        ("UTC", "2027-01-01 00:00", "2027-01-01 00:00"),
    ],
)
def test_wall_clocks_become_moments(zone, wall, utc):
    at = zones.moment(datetime.datetime.fromisoformat(wall), ZoneInfo(zone))
    assert at == datetime.datetime.fromisoformat(utc).replace(tzinfo=datetime.UTC)


def test_every_hour_of_a_year_is_a_moment_or_a_gap_and_comes_back_as_it_was():
    wall, gaps = datetime.datetime(2027, 1, 1), 0
    while wall.year == 2027:
        try:
            assert zones.moment(wall, BERLIN).astimezone(BERLIN).replace(tzinfo=None) == wall
        except ValidationError:
            gaps += 1
        wall += datetime.timedelta(minutes=30)
    assert gaps == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "A date is of one thing"),
        ({"item": "A", "lesson_number": "9.1", "due_at": "2027-03-01T08:00"}, "A date is of one thing"),
        ({"item": "A"}, "There is no time in it"),
        ({"item": "A", "opens_at": "2027-03-02T08:00", "due_at": "2027-03-01T08:00"}, "due before it opens"),
        ({"item": "A", "due_at": "tomorrow"}, "Example: 2027-03-01 18:00"),
        ({"item": "A", "due_at": "0001-01-01T00:00"}, "20 years off"),
        ({"item": "A", "due_at": "9999-12-31T23:59"}, "20 years off"),
        ({"lesson_number": "1.1", "due_at": "2027-03-01T08:00"}, "not one of the available choices"),
        ({"item": "A" * 121, "due_at": "2027-03-01T08:00"}, "at most 120"),
        ({"item": "Report", "due_at": "2027-03-01T08:00"}, "There is a date for Report already"),
    ],
)
def test_a_date_that_cannot_be_says_why(ines, school, lesson, fields, said):
    set_date(ines, school, item="Report", due_at="2027-03-05T08:00")
    assert said in page(set_date(ines, school, **fields))
    assert ClassDate.objects.count() == 1


def test_the_database_has_the_last_word_on_dates(school):
    at = timezone.now()
    for fields in (
        {"item": "A"},
        {"item": "A", "lesson_number": "9.1", "due_at": at},
        {"due_at": at},
        {"item": "A", "opens_at": at, "due_at": at},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClassDate.objects.create(school_class=school, **fields)


def test_another_zone_leaves_each_date_the_same_moment(ines, school):
    set_date(ines, school, item="Report", due_at="2027-03-01T18:00")
    before = ClassDate.objects.get().due_at
    ines.post(f"/classes/{school.pk}/settings/", NEW | {"time_zone": "Asia/Tokyo"})
    assert ClassDate.objects.get().due_at == before
    assert "Tue 2 March 2027, 02:00" in page(ines.get(f"/classes/{school.pk}/"))


def test_a_date_of_another_class_is_not_deleted_from_here(ines, school, taught, instructor):
    other = taught(name="Other")
    date = ClassDate.objects.create(school_class=other, item="A", due_at=timezone.now())
    assert ines.post(f"/classes/{school.pk}/dates/{date.pk}/delete/").status_code == 404
    assert ines.post(f"/classes/{other.pk}/dates/{date.pk}/delete/").status_code == 302
    assert not ClassDate.objects.exists()


# --- people ---


def test_an_instructor_adds_one_by_name_and_takes_them_out_again(ines, school, alice):
    ines.post(f"/classes/{school.pk}/members/", {"username": "Alice", "role": "assistant"})
    seat = Membership.objects.get(user=alice)
    assert (seat.role, seat.how) == (Role.ASSISTANT, How.HAND)
    assert "Nobody here has this name" in page(
        ines.post(f"/classes/{school.pk}/members/", {"username": "zoe", "role": "student"}, follow=True)
    )
    ines.post(f"/classes/{school.pk}/members/{seat.pk}/", {"do": "remove"})
    assert not Membership.objects.filter(user=alice).exists()


def test_the_only_instructor_stays(ines, school, instructor):
    seat = Membership.objects.get(user=instructor)
    for path, data in ((f"members/{seat.pk}/", {"do": "remove"}), (f"members/{seat.pk}/", {"role": "student"}), ("leave/", {})):
        assert "only instructor" in page(ines.post(f"/classes/{school.pk}/{path}", data, follow=True))
    seat.refresh_from_db()
    assert seat.role == Role.INSTRUCTOR


@pytest.mark.parametrize("role", ["", "admin", "student'--"])
def test_a_role_that_does_not_exist_is_not_given(ines, school, alice, role):
    seat, _ = members.seat(school, alice, How.CODE)
    assert "There is no role" in page(ines.post(f"/classes/{school.pk}/members/{seat.pk}/", {"role": role}, follow=True))


def test_a_seat_in_another_class_is_not_changed_from_here(ines, school, taught, alice):
    other = taught(alice, name="Other")
    seat = Membership.objects.get(user=alice)
    assert ines.post(f"/classes/{school.pk}/members/{seat.pk}/", {"do": "remove"}).status_code == 404
    assert other.memberships.filter(user=alice).exists()


def test_a_student_leaves_and_keeps_the_runs(as_user, school, alice):
    members.seat(school, alice, How.CODE)
    run = runs.create(alice, "raft")
    as_user(alice).post(f"/classes/{school.pk}/leave/")
    assert not Membership.objects.filter(user=alice).exists()
    assert as_user(alice).get(f"/classes/{school.pk}/").status_code == 404
    run.refresh_from_db()
    assert run.owner == alice


def test_nobody_leaves_by_a_look(as_user, school, alice):
    members.seat(school, alice, How.CODE)
    for path in ("leave/", "archive/", "code/", "members/"):
        assert as_user(alice).get(f"/classes/{school.pk}/{path}").status_code == 405
    assert Membership.objects.filter(user=alice).exists()


def test_an_archived_class_is_read_and_not_changed(ines, school, as_user, alice):
    members.seat(school, alice, How.CODE)
    code = school.join_code
    ines.post(f"/classes/{school.pk}/archive/", {"do": "archive"})
    assert "Archived" in page(as_user(alice).get(f"/classes/{school.pk}/"))
    for path in ("settings/", "dates/", "roster/"):
        assert ines.get(f"/classes/{school.pk}/{path}").status_code == 404
    ines.post(f"/classes/{school.pk}/archive/", {"do": "back"})
    school.refresh_from_db()
    assert (school.archived, school.join_code) == (False, None)
    with pytest.raises(members.Refused):
        members.join_by_code(alice, code)


def test_a_student_sees_no_roster(as_user, school, alice, bob):
    members.seat(school, alice, How.CODE)
    members.seat(school, bob, How.CODE)
    found = page(as_user(alice).get(f"/classes/{school.pk}/"))
    assert "ines, instructor" in found
    assert "bob" not in found
    assert codes.spelled(school.join_code) not in found


def test_staff_see_the_runs_of_a_student_to_watch(ines, school, alice, as_user):
    seat, _ = members.seat(school, alice, How.CODE)
    run = runs.create(alice, "raft")
    assert f"/runs/{run.pk}/" in page(ines.get(f"/classes/{school.pk}/members/{seat.pk}/runs/"))
    assert ines.get(f"/runs/{run.pk}/").status_code == 200
    for path in ("delete/", "name/", "export/"):
        answer = ines.get(f"/runs/{run.pk}/{path}") if path == "export/" else ines.post(f"/runs/{run.pk}/{path}")
        assert answer.status_code == 404
    assert ines.post(f"/runs/{run.pk}/share/").status_code in (403, 404)
    members.archive(school)
    assert ines.get(f"/classes/{school.pk}/members/{seat.pk}/runs/").status_code == 403
    assert ines.get(f"/runs/{run.pk}/").status_code == 404


# --- guests ---


def test_what_a_guest_had_anywhere_goes_with_them_to_their_account(school, alice, taught):
    """A guest joins nothing by itself; what is theirs by other ways moves, and where the account has its own, that stays."""
    guest, other = guests.new_guest(), taught(name="Other")
    Membership.objects.create(school_class=school, user=guest, how=How.HAND, listed_as="guest's")
    Membership.objects.create(school_class=school, user=alice, how=How.CODE, role=Role.ASSISTANT)
    Membership.objects.create(school_class=other, user=guest, how=How.HAND)
    run = runs.create(guest, "raft")
    guests.adopt(guest, alice)
    assert {(seat.school_class, seat.how, seat.role) for seat in alice.memberships.all()} == {
        (school, How.CODE, Role.ASSISTANT), (other, How.HAND, Role.STUDENT)
    }  # fmt: skip
    run.refresh_from_db()
    assert run.owner == alice
    assert not User.objects.filter(is_guest=True).exists()


def test_every_table_that_points_at_a_user_is_thought_of():
    names = {relation.related_model._meta.label for relation in guests.relations()}
    assert {"labs.Run", "classes.Membership", "lessons.LessonRevision"} <= names
    assert not {name for name in names if name.startswith(("account.", "admin.", "audit."))}
