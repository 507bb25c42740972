"""What the site keeps about a person: one line for each column that points at an account, or at a row that belongs to one.

`section` is where the rows are in the file of `export` ("": nowhere, `why` says why not), `fate` is what `erasure` does with them. A test
finds every such column through the models and fails on one that has no line here, and on a line whose column is gone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model


class Fate(StrEnum):
    """What becomes of the rows when the account is deleted."""

    DELETED = "deleted"
    KEPT = "kept under a pseudonym where a class must keep it, else deleted"
    EMPTIED = "the row stays, the column is emptied"
    STAYS = "stays as it was written"


DELETED, KEPT, EMPTIED, STAYS = Fate
DEED = "what was decided about somebody else stays theirs; nobody's name stands beside it any more"


class Line(NamedTuple):
    model: str
    column: str
    section: str
    fate: Fate
    why: str = ""


OF_ACCOUNTS = (
    Line("accounts.User_groups", "user", "account", DELETED),
    Line("accounts.User_user_permissions", "user", "account", DELETED),
    Line("account.EmailAddress", "user", "email_addresses", DELETED),
    Line("admin.LogEntry", "user", "admin_log", DELETED, "of the admin pages; the audit trail tells the same"),
    Line("audit.Entry", "actor", "trail", STAYS, "the trail would be none if whoever is in it could take themselves out"),
    Line("classes.Membership", "user", "classes", KEPT, "a seat with marks keeps its line in the gradebook"),
    Line("classes.SchoolClass", "created_by", "opened_classes", EMPTIED, "a class belongs to all who are in it"),
    Line("gradebook.GradebookEvent", "user", "marks", KEPT, "the class must be able to explain its grades"),
    Line("gradebook.GradebookEvent", "actor", "decisions", EMPTIED, DEED),
    Line("labs.ChallengePassed", "user", "challenges_passed", DELETED),
    Line("labs.LabTried", "user", "labs_tried", DELETED),
    Line("labs.Run", "owner", "runs", DELETED, "what a challenge was marked by is kept with its answer, not as a run"),
    Line("lessons.Draft", "author", "drafts", DELETED),
    Line("lessons.GuideDone", "user", "guides_done", DELETED),
    Line("lessons.LessonPlace", "user", "places", DELETED),
    Line("lessons.LessonRevision", "author", "revisions", EMPTIED, "a text that readers were shown can always be shown again"),
    Line("lessons.OpenEditor", "user", "open_editors", DELETED),
    Line("lessons.SectionRead", "user", "sections_read", DELETED),
    Line("quizzes.Attempt", "user", "attempts", KEPT, "marks are made of what was handed in; what was not handed in is deleted"),
    Line("quizzes.GradeEvent", "actor", "decisions", EMPTIED, DEED),
    Line("quizzes.PolicyOverride", "user", "arrangements", KEPT, "by which dates and limits the marks came about"),
    Line("quizzes.PolicyOverride", "actor", "decisions", EMPTIED, DEED),
    Line("quizzes.RegradeRun", "actor", "decisions", EMPTIED, DEED),
    Line("quizzes.RegradeRun", "reverted_by", "decisions", EMPTIED, DEED),
)
# Rows that point at such rows go, and stay, with them.
OF_THEIR_ROWS = (
    Line("account.EmailConfirmation", "email_address", "", DELETED, "not exported: a key, and the site sends no mail"),
    Line("classes.Invitation", "used_by", "classes", DELETED),
    Line("labs.ChallengePassed", "run", "challenges_passed", EMPTIED, "their own rows are deleted"),
    Line("labs.Run", "parent", "runs", EMPTIED, "branches are runs of the same owner"),
    Line("labs.RunCommand", "run", "runs", DELETED),
    Line("quizzes.AttemptItem", "attempt", "attempts", KEPT),
    Line("quizzes.AttemptRun", "item", "attempts", DELETED),
    Line("quizzes.AttemptRun", "run", "attempts", DELETED),
    Line("quizzes.ChallengeAttempt", "item", "attempts", KEPT),
    Line("quizzes.ChallengeAttempt", "run", "attempts", EMPTIED, "what a replay said stays when the run goes"),
    Line("quizzes.GradeEvent", "item", "attempts", KEPT),
    Line("quizzes.GradeEvent", "response", "attempts", KEPT),
    Line("quizzes.Receipt", "attempt", "attempts", KEPT),
    Line("quizzes.RegradeDelta", "item", "", KEPT, "not exported: what a regrade would change; what it did change is among the marks"),
    Line("quizzes.ResponseEvent", "item", "attempts", KEPT, "free text as well: it is the work that was marked"),
)
LINES = OF_ACCOUNTS + OF_THEIR_ROWS


class Words(NamedTuple):
    """A column without a link in which a person's name or words may stand, and what becomes of them."""

    model: str
    column: str
    becomes: str


WORDS = (
    Words("accounts.User", "username", "replaced by a pseudonym, or gone with the row"),
    Words("accounts.User", "email", "emptied, or gone with the row"),
    Words("accounts.User", "first_name", "emptied, or gone with the row"),
    Words("accounts.User", "last_name", "emptied, or gone with the row"),
    Words("admin.LogEntry", "object_repr", "emptied where the entry is about the account or about a row of its own"),
    Words("admin.LogEntry", "change_message", "emptied where the entry is about the account or about a row of its own"),
    Words("audit.Entry", "actor_name", "stays: see docs/decisions/privacy.md"),
    Words("audit.Entry", "object_repr", "stays: see docs/decisions/privacy.md"),
    Words("audit.Entry", "changes", "stays: see docs/decisions/privacy.md; addresses and secrets never were in it"),
    Words("classes.Invitation", "email", "emptied where it is an address of the account; used invitations are deleted"),
    Words("classes.Invitation", "name", "deleted with the invitation the account came by; others are a class's own list"),
    Words("classes.Invitation", "username", "emptied where it is the account's name; used invitations are deleted"),
    Words("classes.Membership", "listed_as", "emptied in seats that are kept"),
    Words("gradebook.GradebookEvent", "reason", "stays: the log is never changed, and the reason is why the number is what it is"),
    Words("labs.Run", "name", "deleted with the run; copies that others made never had it"),
    Words("lessons.Draft", "source", "deleted"),
    Words("lessons.LessonRevision", "note", "stays with the text it is about"),
    Words("lessons.LessonRevision", "source", "stays: it is the course's text"),
    Words("quizzes.AttemptItem", "draft", "stays in work that was handed in, else deleted"),
    Words("quizzes.GradeEvent", "reason", "stays: the log is never changed"),
    Words("quizzes.PolicyOverride", "reason", "stays where its class keeps marks: the log is never changed"),
    Words("quizzes.RegradeRun", "reason", "stays: it is about a question"),
    Words("quizzes.ResponseEvent", "answer", "stays in work that was handed in, else deleted"),
    Words("sessions.Session", "session_data", "deleted, every session of the account"),
)


def model_of(line: Line | Words) -> Any:
    return apps.get_model(line.model)


def pointing_at(model: type[Model]) -> set[tuple[str, str]]:
    """(model, column) of every foreign key at `model`, those of the tables behind many-to-many fields included."""
    found: Any = model._meta.get_fields(include_hidden=True)
    keys = [one for one in found if one.auto_created and not one.concrete and (one.one_to_many or one.one_to_one)]
    return {(one.related_model._meta.label, one.field.name) for one in keys}


def owned() -> set[type[Model]]:
    """The models whose rows belong to the person, and do not merely mention who did something."""
    return {model_of(line) for line in LINES if line.fate in (DELETED, KEPT)}
