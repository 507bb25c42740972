"""Of each model in the export: the columns that are told as they are, and those that are not, with the reason.

Nothing is told by default. A test fails on a column that is in neither, so that a new one is thought about once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model

OURS = "a number of the site's own"
OTHERS = "somebody else"
OPENS = "opens something"
DEALT = "told with the key of what is over; while it runs, or where the key is not shown, it would tell the key"
MARK = "told where it is released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    told: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)


SHAPES: dict[str, Shape] = {
    "accounts.User": Shape(
        told=(
            "username", "email", "first_name", "last_name", "date_joined", "last_login", "seen_on", "is_guest", "is_active", "is_staff",
            "is_superuser",
        ),
        left={"id": OURS, "password": "a hash, which tells nothing to its owner and something to whoever finds the file"},
    ),
    "accounts.User_groups": Shape(told=("group",), left={"id": OURS}),
    "accounts.User_user_permissions": Shape(told=("permission",), left={"id": OURS}),
    "account.EmailAddress": Shape(told=("email", "verified", "primary"), left={"id": OURS}),
    "sessions.Session": Shape(told=("expire_date",), left={"session_key": OPENS, "session_data": OPENS}),
    "admin.LogEntry": Shape(
        told=("action_time", "content_type", "action_flag"),
        left={"id": OURS, "object_id": OTHERS, "object_repr": OTHERS, "change_message": OTHERS},
    ),
    "audit.Entry": Shape(
        told=("timestamp", "action", "did", "content_type", "actor_name"),
        left={
            "id": OURS, "object_pk": OURS, "object_id": OURS, "object_repr": "told where it is about the account", "changes":
            "told where it is about the account", "changes_text": "empty here", "serialized_data": "empty here", "cid": "empty here",
            "remote_addr": "empty here", "remote_port": "empty here", "additional_data": "empty here", "actor_email": "empty here",
        },
    ),
    "classes.Membership": Shape(told=("school_class", "role", "how", "listed_as", "joined_at", "agreed_at"), left={"id": OURS}),
    "classes.Invitation": Shape(
        told=("name", "email", "username", "created_at", "used_at"),
        left={"id": OURS, "school_class": "told with the seat", "token_hash": OPENS, "token_expires_at": "used up"},
    ),
    "classes.SchoolClass": Shape(
        told=("name", "time_zone", "opens_on", "closes_on", "created_at", "archived_at"),
        left={"id": OURS, "join_code": OPENS, "code_expires_at": OPENS},
    ),
    "gradebook.GradebookEvent": Shape(
        told=("school_class", "column", "points", "max", "state", "why", "reason", "created_at"), left={"id": OURS, "actor": OTHERS},
    ),
    "labs.ChallengePassed": Shape(told=("lab", "challenge", "run", "t_us", "passed_at"), left={"id": OURS}),
    "labs.LabTried": Shape(told=("lab", "place", "tried_at"), left={"id": OURS}),
    "labs.Run": Shape(
        told=(
            "id", "lab", "lab_version", "engine_version", "scenario", "revision", "name", "origin", "place", "parent", "branched_at_us",
            "created_at", "used_at",
        ),
        left={"seed": DEALT, "parameters": DEALT, "share_key": f"{OPENS}; whether there is one is told as `shared`"},
    ),
    "labs.RunCommand": Shape(told=("seq", "at_us", "action", "args", "created_at"), left={"id": OURS, "client_id": OURS}),
    "lessons.Draft": Shape(told=("lesson", "source", "base", "settles", "note", "saves", "saved_at"), left={"id": OURS}),
    "lessons.GuideDone": Shape(told=("lesson", "guide", "done_at"), left={"id": OURS}),
    "lessons.LessonPlace": Shape(told=("lesson", "section", "seen_at"), left={"id": OURS}),
    "lessons.LessonRevision": Shape(
        told=("lesson", "n", "sha256", "origin", "note", "created_at"),
        left={"id": OURS, "source": "the course's text, which it shows itself"},
    ),
    "lessons.OpenEditor": Shape(told=("lesson", "seen_at"), left={"id": OURS}),
    "lessons.SectionRead": Shape(told=("lesson", "section", "read_at"), left={"id": OURS}),
    "quizzes.Attempt": Shape(
        told=("id", "quiz", "school_class", "number", "state", "started_at", "deadline_at", "submitted_at", "finalize_reason"),
        left={"seed": DEALT, "submit_key": OPENS, "grading_tries": OURS, "grading_error": "for instructors; it may name the key"},
    ),
    "quizzes.AttemptItem": Shape(
        told=("slot", "question_version", "draft", "draft_rev", "drafted_at"), left={"id": OURS, "seed": DEALT, "dealt": DEALT},
    ),
    "quizzes.AttemptRun": Shape(told=("run", "created_at"), left={"id": OURS}),
    "quizzes.ChallengeAttempt": Shape(
        told=(
            "run_uuid", "challenge", "lab_version", "engine_version", "commands_digest", "outcome", "percent", "text", "evidence", "t_us",
            "digest", "created_at",
        ),
        left={"id": OURS, "run": "told as `run_uuid`"},
    ),
    "quizzes.GradeEvent": Shape(
        told=("question_version", "grader_version", "kind", "fraction", "points", "points_max", "reason", "created_at"),
        left={
            "id": OURS, "feedback": MARK, "facts": f"{MARK}, with the key", "actor": OTHERS, "regrade": "its reason is told as `reason`",
            "response": "the final one",
        },
    ),
    "quizzes.PolicyOverride": Shape(
        told=(
            "schedule", "opens_at", "due_at", "closes_at", "time_limit_s", "attempts_max", "time_factor", "reason", "created_at",
        ),
        left={"id": OURS, "actor": OTHERS},
    ),
    "quizzes.Receipt": Shape(told=("code", "lines", "created_at"), left={"id": OURS}),
    "quizzes.RegradeRun": Shape(
        told=("question", "school_class", "mode", "state", "created_at", "applied_at", "reverted_at"),
        left={
            "id": OURS, "to_version": OURS, "error": OURS, "reason": OTHERS, "revert_reason": OTHERS, "actor": OTHERS,
            "reverted_by": OTHERS,
        },
    ),
    "quizzes.ResponseEvent": Shape(told=("seq", "kind", "answer", "received_at"), left={"id": OURS, "client_event_id": OURS}),
}  # fmt: skip

# What a row that another one points at is called.
NAMES: dict[str, Any] = {
    "auth.Group": lambda one: one.name,
    "auth.Permission": lambda one: one.codename,
    "classes.SchoolClass": lambda one: one.name,
    "contenttypes.ContentType": lambda one: one.model,
    "gradebook.Column": lambda one: one.title,
    "labs.Run": lambda one: str(one.pk),
    "lessons.Lesson": lambda one: one.number,
    "lessons.Question": lambda one: one.uid,
    "lessons.QuestionVersion": lambda one: {"question": one.question.uid, "version": one.n},
    "lessons.Quiz": lambda one: one.name,
    "quizzes.QuizSchedule": lambda one: {"quiz": one.quiz.name, "school_class": one.school_class.name},
}


def row(one: Model) -> dict[str, Any]:
    """What is told of a row, as plain data."""
    return {name: plain(getattr(one, name)) for name in SHAPES[one._meta.label].told}


def plain(value: Any) -> Any:
    """Numbers that are not whole as text, so that no digit is lost; moments as ISO 8601 in UTC."""
    if isinstance(value, Model):
        return NAMES[value._meta.label](value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
