"""The door to attempts: begin, save, hand in, end.

Rules. The attempt's row is locked first and nothing else before it, then its items by slot; beginning one locks its
schedule, shared with all who begin, and then the student's seat.
The database's clock decides, read once and after the lock is held. An attempt ends once, in `_end`, whoever was first: the student, the
sweeper or a late request; whoever comes after gets the same receipt. What arrives after time is kept in the log and not graded. Handing in
does not grade: a worker does, and a sweeper asks again.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Q

from academy.classes.models import Membership, Role, SchoolClass
from academy.quizzes import dealing, policy
from academy.quizzes.models import Attempt, AttemptItem, QuizSchedule, Receipt, ResponseEvent, State, Why
from academy.quizzes.policy import Policy
from lessons import asking
from lessons.models import Quiz

LOGGED_DRAFTS_MAX = 300  # of one question; drafts beyond are saved and no longer logged one by one
PRACTICE_PER_HOUR_MAX = 60  # of one user
BEGIN_TRIES = 5  # looks for an attempt of another tab, each of which another tab has overtaken
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

Kind = ResponseEvent.Kind


class Refused(Exception):
    """What is not done, and why, in words for whoever asked."""


class Over(Refused):
    """The attempt has ended."""


class Conflict(Refused):
    """Another page has saved something else in the meantime. `items` are as stored."""

    def __init__(self, items: list[AttemptItem]) -> None:
        super().__init__("Another page saved a different answer in the meantime. Choose which one to keep; nothing was changed.")
        self.items = items


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An answer as it arrived: plain data that its type has read, the revision it was based on, the browser's id for it."""

    answer: Any
    base_rev: int
    client_event_id: uuid.UUID | None = None


def begin(user: Any, quiz: Quiz, school_class: SchoolClass | None = None) -> Attempt:
    """The attempt in progress, else a new one. Without a class it is practice. Raises Refused."""
    for _ in range(BEGIN_TRIES):
        running = in_progress(user, quiz, school_class)
        if running is not None:
            if school_class is None:
                may_practise(user, quiz, policy.now())
            return running
        with suppress(IntegrityError), transaction.atomic():  # another tab was faster
            made = _begin(user, quiz, school_class)
            if made is not None:
                return made
    raise Refused("Another page of yours began and ended attempts at the same moment. Try again.")


def in_progress(user: Any, quiz: Quiz, school_class: SchoolClass | None) -> Attempt | None:
    """Ended first where its time is up."""
    found = Attempt.objects.filter(user=user, quiz=quiz, school_class=school_class, state=State.IN_PROGRESS).first()
    return found if found is not None and not finalize(found.pk) else None


def may_begin(user: Any, quiz: Quiz, school_class: SchoolClass | None) -> Policy:
    """The rules a new attempt would have. Raises Refused."""
    if not quiz.is_asked:
        raise Refused("This quiz is not asked any more.")
    at = policy.now()
    if school_class is None:
        recent = Attempt.objects.filter(user=user, school_class=None, started_at__gt=at - timedelta(hours=1)).count()
        if recent >= PRACTICE_PER_HOUR_MAX:
            raise Refused(f"You began {recent} times to practise in the last hour; the limit is {PRACTICE_PER_HOUR_MAX}. Wait a while.")
        return may_practise(user, quiz, at)
    seats = Membership.objects.agreed().filter(school_class=school_class, user=user, role=Role.STUDENT)
    seat = seats.filter(user__is_active=True).exists()  # whoever deleted their account meanwhile begins nothing any more
    schedule = QuizSchedule.objects.filter(quiz=quiz, school_class=school_class).first()
    if not seat or schedule is None or school_class.archived:
        raise Refused("This quiz is not set for you in this class. You can practise it without a grade.")
    rules = policy.for_user(schedule, user)
    if not rules.is_open(at):
        raise Refused("The quiz has not opened yet." if rules.opens_at and at < rules.opens_at else "The quiz is closed.")
    made = counted(user, quiz, school_class)
    if rules.attempts_max is not None and made >= rules.attempts_max:
        raise Refused(f"You have made {made} of {rules.attempts_max} attempts. You can still practise without a grade.")
    return rules


def may_practise(user: Any, quiz: Quiz, at: datetime) -> Policy:
    """Practice shows the key. Nobody sees it during an attempt that counts, nor where a class keeps the quiz for later. Raises Refused."""
    if kept := policy.kept_back(user, quiz, at):
        raise Refused(kept)
    return policy.PRACTICE


def counted(user: Any, quiz: Quiz, school_class: SchoolClass) -> int:
    """How many attempts have been used up."""
    return Attempt.objects.filter(user=user, quiz=quiz, school_class=school_class).exclude(state=State.VOIDED).count()


def _begin(user: Any, quiz: Quiz, school_class: SchoolClass | None) -> Attempt | None:
    """None where another tab was faster. The student's tabs take turns at their seat, so that none counts attempts that another adds to;
    whoever changes the rules waits until the attempt is there to be dated by them, or is waited for.
    """
    if school_class is not None:
        keep_rules(quiz, school_class)
        Membership.objects.select_for_update(no_key=True).filter(school_class=school_class, user=user).first()
    if Attempt.objects.filter(user=user, quiz=quiz, school_class=school_class, state=State.IN_PROGRESS).exists():
        return None
    rules = may_begin(user, quiz, school_class)
    number = Attempt.objects.filter(user=user, quiz=quiz, school_class=school_class).aggregate(n=Max("number"))["n"] or 0
    at = policy.now()
    attempt = Attempt.objects.create(
        quiz=quiz, school_class=school_class, user=user, number=number + 1, seed=secrets.token_hex(16), started_at=at,
        deadline_at=rules.deadline(at),
    )  # fmt: skip
    try:
        AttemptItem.objects.bulk_create(dealing.items(attempt, quiz, rules.shuffle))
    except LookupError as error:
        raise Refused(f"This quiz cannot be taken now: {error} Tell your instructor.") from error
    return attempt


def keep_rules(quiz: Quiz, school_class: SchoolClass) -> None:
    """Nobody changes them until the transaction ends; others may keep them as well."""
    with connection.cursor() as cursor:
        sql = "SELECT id FROM quizzes_quizschedule WHERE quiz_id = %s AND school_class_id = %s FOR SHARE"
        cursor.execute(sql, [quiz.pk, school_class.pk])


def lock(pk: uuid.UUID, user: Any = None, *, wait: bool = True) -> Attempt:
    """The attempt's row, held. With a user only theirs. Raises Attempt.DoesNotExist, without waiting also where somebody holds it."""
    rows = Attempt.objects.select_for_update(no_key=True, of=("self",), skip_locked=not wait).select_related("quiz", "school_class", "user")
    return rows.get(pk=pk) if user is None else rows.get(pk=pk, user=user)


def save(pk: uuid.UUID, user: Any, slot: int, sent: Sent) -> AttemptItem:
    """Keep an answer that is being worked on. Raises Over, Conflict, Refused, Attempt.DoesNotExist, AttemptItem.DoesNotExist."""
    with transaction.atomic():
        attempt = lock(pk, user)
        at = policy.now()
        item = attempt.items.select_for_update(no_key=True).get(slot=slot)
        if not _ended(attempt, {slot: sent}, at):
            return _keep(item, sent, at)
    raise Over("The attempt is over. What you sent now is kept and does not count.")


def _keep(item: AttemptItem, sent: Sent, at: datetime) -> AttemptItem:
    """The caller holds the attempt and the item."""
    if sent.client_event_id and item.responses.filter(client_event_id=sent.client_event_id).exists():
        return item
    if item.draft == sent.answer:
        return item
    if item.draft_rev != sent.base_rev:
        raise Conflict([item])
    item.draft, item.draft_rev, item.drafted_at = sent.answer, item.draft_rev + 1, at
    item.save(update_fields=["draft", "draft_rev", "drafted_at"])
    if item.draft_rev <= LOGGED_DRAFTS_MAX:
        log(item, Kind.DRAFT, sent.answer, at, sent.client_event_id)
    return item


def log(item: AttemptItem, kind: str, answer: Any, at: datetime, client_event_id: uuid.UUID | None = None) -> ResponseEvent:
    """One more line of an item's log. The caller holds the attempt."""
    seq = (item.responses.aggregate(n=Max("seq"))["n"] or 0) + 1
    return ResponseEvent.objects.create(item=item, seq=seq, kind=kind, answer=answer, received_at=at, client_event_id=client_event_id)


def note_check(item: AttemptItem, answer: Any, at: datetime) -> None:
    """Write down that a practice answer was looked at on its own."""
    with transaction.atomic():
        lock(item.attempt_id)
        if item.responses.filter(kind=Kind.CHECK).count() < LOGGED_DRAFTS_MAX:
            log(item, Kind.CHECK, answer, at)


def submit(pk: uuid.UUID, user: Any, submit_key: uuid.UUID, sent: Mapping[int, Sent]) -> Receipt:
    """Hand in, with what the page held. The same receipt again for whoever asks again. Raises Conflict, Refused, Attempt.DoesNotExist."""
    with transaction.atomic():
        attempt = lock(pk, user)
        if attempt.submit_key != submit_key:
            raise Refused("This page does not belong to your attempt. Open the attempt again; your saved answers are there.")
        at = policy.now()
        if not _ended(attempt, sent, at):
            items = {item.slot: item for item in attempt.items.select_for_update(no_key=True).order_by("slot")}
            _keep_all(items, sent, at)
            _end(attempt, list(items.values()), Why.STUDENT, at)
    return receipt_of(pk)


def _keep_all(items: Mapping[int, AttemptItem], sent: Mapping[int, Sent], at: datetime) -> None:
    conflicts = []
    for slot, one in sorted(sent.items()):
        if slot in items:
            try:
                _keep(items[slot], one, at)
            except Conflict as conflict:
                conflicts += conflict.items
    if conflicts:
        raise Conflict(conflicts)


def receipt_of(pk: uuid.UUID) -> Receipt:
    """Raises Refused for an attempt that never was handed in."""
    found = Receipt.objects.filter(attempt=pk).select_related("attempt").first()
    if found is None:
        raise Refused("This attempt was ended without being handed in.")
    return found


def _ended(attempt: Attempt, sent: Mapping[int, Sent], at: datetime) -> bool:
    """Whether the attempt is over, having ended it where its time is up. What came too late is written down. The caller holds the row.

    `at`: when it took it. What is judged by that moment carries it, so that no answer that counts says it came after time.
    """
    if attempt.state == State.IN_PROGRESS and not _end_if_due(attempt, at):
        return False
    for item in attempt.items.filter(slot__in=sent).order_by("slot"):
        given = sent[item.slot]
        known = given.client_event_id and item.responses.filter(client_event_id=given.client_event_id).exists()
        if not known and given.answer is not None and given.answer != item.draft:
            late = item.responses.filter(kind=Kind.LATE).count()
            if late < LOGGED_DRAFTS_MAX:
                log(item, Kind.LATE, given.answer, at, given.client_event_id)
    return True


def finalize(pk: uuid.UUID, *, wait: bool = True) -> bool:
    """End the attempt if its time is up. Whether it is over now."""
    with transaction.atomic():
        attempt = lock(pk, wait=wait)
        return attempt.state != State.IN_PROGRESS or _end_if_due(attempt, policy.now())


def _end_if_due(attempt: Attempt, at: datetime) -> bool:
    """Answers count until the deadline and the grace after it. The caller holds the row."""
    rules = policy.of_attempt(attempt)
    deadline = rules.deadline(attempt.started_at)
    if deadline != attempt.deadline_at:  # extra time was given, or taken back
        attempt.deadline_at = deadline
        attempt.save(update_fields=["deadline_at"])
    if deadline is None or at <= deadline + timedelta(seconds=rules.grace_s):
        return False
    items = list(attempt.items.select_for_update(no_key=True).order_by("slot"))
    # Rules that were tightened meanwhile do not put the end before answers that had arrived.
    arrived = max((item.drafted_at for item in items if item.drafted_at), default=deadline)
    end = arrived if arrived > deadline + timedelta(seconds=rules.grace_s) else deadline
    _end(attempt, items, Why.CLOSED if deadline == rules.closes_at else Why.TIME, end)
    return True


def _end(attempt: Attempt, items: list[AttemptItem], why: str, at: datetime) -> None:
    """Write down what is graded, the receipt and the state. The caller holds the attempt and its items."""
    written = policy.now()
    for item in items:
        question = asking.question_of(item.question_version)
        final = None if item.draft is None else asking.kind_of(question).seal(question, sealing(item), item.draft)
        log(item, Kind.FINAL, final, written)
    attempt.state, attempt.submitted_at, attempt.finalize_reason = State.SUBMITTED, at, why
    attempt.save(update_fields=["state", "submitted_at", "finalize_reason"])
    Receipt.objects.create(attempt=attempt, code=new_code(), lines=[line(item) for item in items], created_at=written)
    transaction.on_commit(lambda: ask_for_marks(attempt.pk), robust=True)  # no `partial`: a failure is logged under the function's name


def sealing(item: AttemptItem) -> dict[str, Any]:
    """What was dealt, with what tells whose runs count where it is played in a lab."""
    if "challenge" not in item.dealt:
        return item.dealt
    return {**item.dealt, "owner": item.attempt.user_id, "registered": [str(pk) for pk in item.runs.values_list("run", flat=True)]}


def ask_for_marks(pk: uuid.UUID) -> None:
    from academy.quizzes.tasks import grade  # the task calls `marking`, which calls nothing here

    grade.delay(str(pk))


def line(item: AttemptItem) -> dict[str, Any]:
    """Of the receipt."""
    arrived = item.drafted_at.isoformat(timespec="milliseconds") if item.drafted_at else None
    return {"slot": item.slot, "question": item.question_version.question.uid, "answered": item.draft is not None, "received_at": arrived}


def new_code() -> str:
    """Twelve signs, easily read aloud."""
    signs = "".join(secrets.choice(CODE_LETTERS) for _ in range(12))
    return "-".join(signs[i : i + 4] for i in (0, 4, 8))


def redate(schedule: QuizSchedule, user: Any = None) -> None:
    """The rules have changed, for everybody or for one student: attempts in progress get the deadline that holds now."""
    running = Attempt.objects.filter(quiz=schedule.quiz_id, school_class=schedule.school_class_id, state=State.IN_PROGRESS)
    for pk in (running if user is None else running.filter(user=user)).values_list("pk", flat=True):
        finalize(pk)


@transaction.atomic
def end_by_staff(pk: uuid.UUID) -> None:
    """End an attempt in progress as it stands."""
    attempt = lock(pk)
    if attempt.state == State.IN_PROGRESS:
        _end(attempt, list(attempt.items.select_for_update(no_key=True).order_by("slot")), Why.STAFF, policy.now())


@transaction.atomic
def abandon(pk: uuid.UUID, user: Any) -> None:
    """Give up practice that is in progress. Raises Refused for an attempt that counts."""
    attempt = lock(pk, user)
    if not attempt.practice:
        raise Refused("An attempt in a class is handed in, not given up.")
    if attempt.state == State.IN_PROGRESS:
        attempt.state = State.ABANDONED
        attempt.save(update_fields=["state"])


def due(limit: int = 200) -> list[uuid.UUID]:
    """Attempts whose time is up, as far as is written down; those in a class without a deadline are looked at when they are opened."""
    late = Attempt.objects.filter(Q(deadline_at__lt=policy.now()) | ~Q(school_class__archived_at=None), state=State.IN_PROGRESS)
    return list(late.order_by("deadline_at").values_list("pk", flat=True)[:limit])
