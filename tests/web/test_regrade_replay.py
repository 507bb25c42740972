"""`manage.py regrade --challenge`: every graded challenge is played again and compared with what was stored."""

import io
import uuid
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from academy.quizzes import attempts, challenges, marking
from academy.quizzes.attempts import Sent
from academy.quizzes.models import GradeEvent, QuizSchedule, RegradeRun
from labs import runs, verification
from labs.models import Run
from lessons import revisions
from lessons.models import Quiz
from tests.quiz_source import ELECT, quiz_of

S = 1_000_000


@pytest.fixture
def school(lesson_source, taught, alice, bob):
    """Alice did it, bob did nothing; both are marked."""
    revisions.take_file(lesson_source(extra=quiz_of(ELECT)))
    made = taught(alice, bob)
    schedule = QuizSchedule.objects.create(quiz=Quiz.objects.get(), school_class=made)
    for user, does in ((alice, True), (bob, False)):
        attempt = attempts.begin(user, schedule.quiz, made)
        item = attempt.items.get()
        run = challenges.begin(item, user)
        if does:
            act = {"at_us": 2 * S, "action": "crash", "args": {"node": "leader"}, "branch": False}
            run = Run.objects.get(pk=runs.append(user, run.pk, client_id=uuid.uuid4(), revision=run.revision, **act).run)
        attempts.submit(attempt.pk, user, attempt.submit_key, {1: Sent(answer={"run": str(run.pk)}, base_rev=0)})
        marking.grade(attempt.pk)
    assert sorted(GradeEvent.objects.values_list("points", flat=True)) == [0, 2]
    return made


def replayed(*args):
    out = io.StringIO()
    call_command("regrade", "--challenge", *args, stdout=out)
    return out.getvalue()


def differing(*args):
    out = io.StringIO()
    with pytest.raises(CommandError, match="differ from what was stored"):
        call_command("regrade", "--challenge", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def judged_otherwise(monkeypatch):
    """The judging changes: the verdict, the evidence or the digest of every replay."""

    def make(**changes):
        verified = verification.verified
        monkeypatch.setattr(verification, "verified", lambda *args, **kwargs: replace(verified(*args, **kwargs), **changes))

    return make


def test_what_is_as_stored_is_no_difference_though_the_runs_are_gone(school):
    Run.objects.all().delete()
    assert replayed() == "2 played again, 0 differ, 0 could not be played.\n"
    assert replayed(f"--class={school.pk}", "--lab=raft").startswith("2 played")
    assert replayed("--lab=caching").startswith("0 played")
    out = io.StringIO()
    call_command("regrade", "--challenge=elect-after-crash", stdout=out)
    assert out.getvalue().startswith("2 played")


@pytest.mark.parametrize("changes", [{"outcome": "not_met"}, {"evidence": (1, 2)}, {"digest": "0" * 32}])
def test_another_verdict_evidence_or_digest_is_reported(school, judged_otherwise, changes):
    judged_otherwise(**changes)
    printed = differing()
    assert "differs: alice" in printed and f"    {next(iter(changes))}: stored" in printed
    assert not RegradeRun.objects.exists() and GradeEvent.objects.count() == 2


def test_it_is_written_when_told_and_then_is_what_is_stored(school, alice, bob, judged_otherwise, instructor):
    judged_otherwise(digest="0" * 32)
    marking.decide(GradeEvent.objects.get(item__attempt__user=bob).item, "override", actor=instructor, reason="Ill")
    printed = replayed("--apply", "--reason=The engine was mended")
    assert "is applied" in printed and "left alone: bob" in printed
    newest = GradeEvent.objects.filter(item__attempt__user=alice).order_by("pk").last()
    assert (newest.kind, newest.points, newest.facts["digest"], newest.reason) == ("regrade", 2, "0" * 32, "The engine was mended")
    assert marking.effective(GradeEvent.objects.filter(item__attempt__user=bob).order_by("pk")).kind == "override"
    assert "1 differ" in differing()  # what was left alone still does


def test_what_cannot_be_played_is_told_and_is_no_difference(school, judged_otherwise):
    judged_otherwise(outcome="unavailable", text="This run was made with version 0 of the lab.")
    printed = replayed()
    assert "not played: alice" in printed and "version 0" in printed
    assert "0 played again, 0 differ, 2 could not be played." in printed
