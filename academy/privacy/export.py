"""Everything the site keeps about a person, as one JSON file in UTF-8. docs/grading.md describes its structure.

What the person may not see yet is not in it: of an attempt no key, mark, feedback, seed or deal before they are released (the same rules as
on the attempt's page), of the gradebook no hidden column and no number before its time. Where something is held back, `withheld` names it.
Of what they did to others it tells that and when, and nothing about those others.

The file is written row by row, from the database as it is at one moment, before the first byte is sent: a slow reader holds no connection.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import IO, Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Prefetch, Q, prefetch_related_objects

from academy.accounts.models import User
from academy.audit.models import Entry
from academy.classes.models import Invitation, Membership
from academy.gradebook import proof
from academy.gradebook.models import GradebookEvent
from academy.privacy.shapes import row
from academy.quizzes import marking, policy, showing
from academy.quizzes.models import Attempt, AttemptItem, AttemptRun, GradeEvent, PolicyOverride, RegradeRun, State
from labs.models import Run
from lessons import asking

FORMAT = "academy-person"
FORMAT_VERSION = 1
MEMORY_BYTES = 1024 * 1024  # of a file; more goes to the disk
ROWS = 200  # read at a time
NOTHING_SHOWN = dict.fromkeys(showing.SHOWN, False)
Rows = Iterable[dict[str, Any]]


def written(user: User) -> IO[bytes]:
    """The file, open at its beginning; it has no name and is gone when it is closed."""
    file = tempfile.SpooledTemporaryFile(MEMORY_BYTES, "w+b")  # noqa: SIM115 - whoever asked closes it
    with transaction.atomic():
        proof.at_one_moment()
        for piece in pieces(user):
            file.write(piece.encode())
    file.seek(0)
    return file


def pieces(user: User) -> Iterator[str]:
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "made_at": policy.now().isoformat(), "account": account(user)}
    yield text(head)[:-1].rstrip()
    for name, rows in SECTIONS.items():
        yield f',\n"{name}": ['
        for n, one in enumerate(rows(user)):
            yield (",\n" if n else "\n") + text(one)
        yield "]"
    yield "\n}\n"


def text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, default=str)


def account(user: User) -> dict[str, Any]:
    groups, permissions = (apps.get_model("accounts", name)._base_manager for name in ("User_groups", "User_user_permissions"))
    return {
        **row(user),
        "groups": [row(one)["group"] for one in groups.filter(user=user).select_related("group")],
        "permissions": [row(one)["permission"] for one in permissions.filter(user=user).select_related("permission")],
    }


def simple(model: str, column: str, user: User) -> Rows:
    """All rows of a model that point at the person, the rest of them as it is."""
    found = apps.get_model(model)._base_manager.filter(**{column: user}).order_by("pk")
    keys = [one.name for one in found.model._meta.concrete_fields if one.is_relation and one.name != column]
    return map(row, found.select_related(*keys).iterator(ROWS) if keys else found.iterator(ROWS))


def sessions(user: User) -> Rows:
    """Browsers that are logged in, as far as the site knows them."""
    return (row(one) for one in Session.objects.iterator(ROWS) if one.get_decoded().get(SESSION_KEY) == str(user.pk))


def trail(user: User) -> Rows:
    """What the audit trail says they did, and what was done to the account and its seats; of others not even the names."""
    kinds = ContentType.objects.get_for_models(User, Membership)
    seats = Membership.objects.filter(user=user).values("pk")
    own = Q(content_type=kinds[User], object_id=user.pk) | Q(content_type=kinds[Membership], object_id__in=seats)
    found = Entry.objects.filter(own | Q(actor=user)).annotate(is_own=own).order_by("pk").select_related("content_type")
    for entry in found.iterator(ROWS):
        told = row(entry) | {"action": entry.get_action_display(), "by_you": entry.actor_id == user.pk}
        if not told["by_you"]:
            told["actor_name"] = ""
        yield told | ({"what": entry.object_repr, "changes": entry.changes} if entry.is_own else {})


def classes(user: User) -> Rows:
    for seat in Membership.objects.filter(user=user).select_related("school_class").order_by("pk"):
        yield row(seat) | {"invitations": [row(one) for one in Invitation.objects.filter(used_by=seat)]}


def marks(user: User) -> Rows:
    """The log of the person's cells. Of a column whose number is not released only that it is there."""
    at, rules, held = policy.now(), {}, set()
    log = GradebookEvent.objects.filter(user=user, column__hidden_from_students=False).select_related("column__schedule", "school_class")
    for event in log.order_by("pk").iterator(ROWS):
        schedule = event.column.schedule
        if schedule is not None and schedule.pk not in rules:
            rules[schedule.pk] = policy.for_user(schedule, user)
        if schedule is None or rules[schedule.pk].shows("score", at):
            yield row(event)
        elif schedule.pk not in held:
            held.add(schedule.pk)
            yield {name: value for name, value in row(event).items() if name in ("school_class", "column")} | {"withheld": ["log"]}


def runs(user: User) -> Rows:
    """With their logs. What was dealt for a challenge that is still being worked on is not told."""
    running = Attempt.objects.filter(user=user, state=State.IN_PROGRESS).values_list("pk", flat=True)
    secret = tuple(f"attempt:{pk}:" for pk in running)
    for run in Run.objects.filter(owner=user).select_related("parent").prefetch_related("commands").order_by("pk").iterator(ROWS):
        told = row(run) | {"shared": run.shared}
        if secret and run.place.startswith(secret):
            told["withheld"] = ["seed", "parameters"]
        else:
            told |= {"seed": run.seed, "parameters": run.parameters}
        yield told | {"commands": [row(one) for one in run.commands.all()]}


def attempts(user: User) -> Rows:
    found = Attempt.objects.filter(user=user).select_related("quiz", "school_class", "receipt").order_by("started_at", "pk")
    for one in found.iterator(ROWS):
        yield attempt(one)


def attempt(one: Attempt) -> dict[str, Any]:
    shows = showing.releases(one) if one.is_over and not showing.waits(one) else NOTHING_SHOWN
    told = row(one) | ({"seed": one.seed} if shows["key"] else {}) | {"withheld": [what for what in showing.SHOWN if not shows[what]]}
    receipt = getattr(one, "receipt", None)
    graded = marking.graded([one])[one.pk]
    with_runs = Prefetch("runs", AttemptRun.objects.select_related("run"))
    prefetch_related_objects([each.item for each in graded], "responses", with_runs, "challenge_attempts")
    prefetch_related_objects([event for each in graded for event in each.events], "regrade")
    return told | {"receipt": row(receipt) if receipt else None, "questions": [question(each, shows) for each in graded]}


def question(graded: marking.Graded, shows: dict[str, bool]) -> dict[str, Any]:
    item = graded.item
    told = row(item) | asked(item) | ({"seed": item.seed, "dealt": item.dealt} if shows["key"] else {})
    return told | {
        "responses": [row(one) for one in item.responses.all()],
        "grades": [grade(one, graded, shows) for one in graded.events] if shows["score"] else [],
        "runs": [row(one) for one in item.runs.all()],
        "verdicts": [row(one) for one in item.challenge_attempts.all()],
    }


def asked(item: AttemptItem) -> dict[str, Any]:
    """The question as it was shown, which is never its key."""
    version = asking.question_of(item.question_version)
    told: dict[str, Any] = {"asked": version.prompt_html}
    try:
        return told | {"shown": asking.kind_of(version).view(version, item.dealt, None)}
    except Exception:  # a lab or a type that is not there any more; the person's own part is told all the same
        return told


def grade(event: GradeEvent, graded: marking.Graded, shows: dict[str, bool]) -> dict[str, Any]:
    told = row(event) | {"counts": event is graded.grade}
    told["reason"] = event.reason or (event.regrade.reason if event.regrade else "")
    if shows["feedback"]:
        told["feedback"] = event.feedback
    if shows["feedback"] and shows["key"]:  # what was measured in a run is the key of a prediction
        told["facts"] = event.facts
    return told


def arrangements(user: User) -> Rows:
    found = PolicyOverride.objects.filter(user=user).select_related("schedule__quiz", "schedule__school_class")
    return map(row, found.order_by("pk"))


def decisions(user: User) -> Rows:
    """What they decided about others: that, and when."""
    for what, found, of in DECISIONS:
        for one in found(user):
            told = row(one)
            yield {"what": what} | {name: told[name] for name in of}


# What it is called, the rows, and the columns told; the others are about whom it was decided.
DECISIONS: tuple[tuple[str, Callable[[User], Iterable[Any]], tuple[str, ...]], ...] = (
    ("a mark by hand", lambda user: GradeEvent.objects.filter(actor=user).select_related("question_version__question").order_by("pk"),
     ("kind", "question_version", "created_at")),
    ("a cell of a gradebook",
     lambda user: GradebookEvent.objects.filter(actor=user).select_related("column", "school_class").order_by("pk"),
     ("school_class", "column", "state", "created_at")),
    ("an arrangement",
     lambda user: PolicyOverride.objects.filter(actor=user).select_related("schedule__quiz", "schedule__school_class").order_by("pk"),
     ("schedule", "created_at")),
    ("a regrade",
     lambda user: RegradeRun.objects.filter(Q(actor=user) | Q(reverted_by=user)).select_related("question", "school_class").order_by("pk"),
     ("question", "school_class", "mode", "state", "created_at", "applied_at", "reverted_at")),
)  # fmt: skip

# In the order of the file. The names are those of `table`.
SECTIONS: dict[str, Callable[[User], Rows]] = {
    "email_addresses": partial(simple, "account.EmailAddress", "user"),
    "sessions": sessions,
    "classes": classes,
    "opened_classes": partial(simple, "classes.SchoolClass", "created_by"),
    "sections_read": partial(simple, "lessons.SectionRead", "user"),
    "guides_done": partial(simple, "lessons.GuideDone", "user"),
    "places": partial(simple, "lessons.LessonPlace", "user"),
    "labs_tried": partial(simple, "labs.LabTried", "user"),
    "challenges_passed": partial(simple, "labs.ChallengePassed", "user"),
    "runs": runs,
    "attempts": attempts,
    "arrangements": arrangements,
    "marks": marks,
    "drafts": partial(simple, "lessons.Draft", "author"),
    "revisions": partial(simple, "lessons.LessonRevision", "author"),
    "open_editors": partial(simple, "lessons.OpenEditor", "user"),
    "decisions": decisions,
    "admin_log": partial(simple, "admin.LogEntry", "user"),
    "trail": trail,
}
