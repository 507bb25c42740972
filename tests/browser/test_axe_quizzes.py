"""The pages of quizzes, for students and staff: nothing grave for accessibility's rules, and nothing wider than a phone."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from academy.accounts.models import User
from academy.classes.models import Membership, Role, SchoolClass
from academy.quizzes import attempts, marking
from academy.quizzes.models import Attempt, QuizSchedule
from lessons.models import Quiz
from tests.browser.test_axe import violations
from tests.lab_page import log_in

pytestmark = pytest.mark.django_db(transaction=True)
QUIZ = "check-8-1"  # every type but the challenge; two predict questions in each attempt


@pytest.fixture
def site(live_site):
    """A simulated class; one of its students has an attempt in progress beside the one that is over, and practice of challenges."""
    ines = User.objects.create_user("ines", is_staff=True)
    ines.groups.add(Group.objects.get_or_create(name="Instructors")[0])
    call_command("simulate_class", "--students", "12", "--quiz", QUIZ, "--instructor", "ines")
    made = SchoolClass.objects.get()
    schedule = QuizSchedule.objects.get()
    student = Membership.objects.filter(school_class=made, role=Role.STUDENT).first()
    User.objects.filter(pk=student.user.pk).update(username="demonstration-of-a-name-without-spaces")
    over = Attempt.objects.get(user=student.user)
    open_ = attempts.begin(student.user, schedule.quiz, made)
    played = attempts.begin(student.user, Quiz.objects.get(name="labs-8-5"))
    ended = attempts.begin(student.user, Quiz.objects.get(name="check-8-5"))
    attempts.submit(ended.pk, student.user, ended.submit_key, {})
    marking.grade(ended.pk)
    column = schedule.column
    in_class = f"/classes/{made.pk}"
    return {
        "address": live_site, "ines": ines, "student": student.user,
        "student pages": [
            "/quizzes/", f"/quizzes/{QUIZ}/", f"/attempts/{over.pk}/", f"/attempts/{open_.pk}/", f"/attempts/{played.pk}/",
            f"/attempts/{played.pk}/1/lab/", f"/attempts/{ended.pk}/", "/progress/", f"{in_class}/", f"{in_class}/marks/",
            f"{in_class}/marks/{column.pk}/", "/accounts/data/",
        ],
        "staff pages": [
            f"{in_class}/", f"{in_class}/quizzes/", f"{in_class}/quizzes/set/", f"{in_class}/quizzes/{schedule.pk}/",
            f"{in_class}/quizzes/{schedule.pk}/attempts/", f"{in_class}/quizzes/{schedule.pk}/attempts/{over.pk}/",
            f"{in_class}/quizzes/{schedule.pk}/students/", f"{in_class}/quizzes/{schedule.pk}/students/{student.pk}/",
            f"{in_class}/gradebook/", f"{in_class}/gradebook/cells/{column.pk}/{student.pk}/", f"{in_class}/gradebook/columns/",
            f"{in_class}/gradebook/import/", f"{in_class}/insight/", f"{in_class}/insight/{schedule.pk}/", f"{in_class}/insight/concepts/",
            f"{in_class}/regrades/", f"{in_class}/regrades/questions/q-8-1-cold-name/",
            f"{in_class}/regrades/questions/q-8-1-cold-name/new/",
        ],
    }  # fmt: skip


@pytest.mark.parametrize(("who", "pages"), [("student", "student pages"), ("ines", "staff pages")])
def test_quizzes_have_no_grave_violation_and_fit_a_phone(page, site, who, pages):
    log_in(page, site["address"], site[who])
    found = []
    for path in site[pages]:
        for theme, width in (("light", 1280), ("dark", 360)):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            assert page.goto(site["address"] + path).status == 200, path
            found += violations(page, f"{path} {theme}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{path} is {wide} wide at {width}"] if wide > width else []
    assert found == []
