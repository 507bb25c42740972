"""What the audit trail watches: lessons, classes with their quizzes' rules, rights, and runs that somebody else than their owner deletes.

The app of classes is watched whole, so that a table added to it later is not forgotten here; of the lessons only what readers are shown,
since who read what is nobody's trail. Never written down: long texts (revisions keep those themselves) and anything that opens something,
which is named in `SECRETS` and shown as changed, without its value.
"""

from typing import Any

from auditlog.registry import auditlog
from auditlog.signals import pre_log
from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models import Field, Model, TextField
from django.db.models.signals import post_delete

from academy.accounts.models import User
from academy.audit import actor
from labs.models import Run

LESSONS = ("Lesson", "LessonRevision", "Draft")
RULES = ("quizzes.QuizSchedule", "quizzes.PolicyOverride", "gradebook.Column")
COUNTERS = {"saves", "used_at"}  # a draft that is saved every few seconds is told when it is begun and when it goes
SECRETS = {"password", "join_code", "code", "token", "token_hash", "key", "secret"}
PERSONAL = {"email"}  # an address would outlive its account here
HIDDEN = "academy.audit.watch.hidden"
USER_FIELDS = ["username", "password", "is_active", "is_staff", "is_superuser"]


def begin() -> None:
    told = [*(apps.get_model("lessons", name) for name in LESSONS), *(apps.get_model(name) for name in RULES)]
    for model in (*told, *apps.get_app_config("classes").get_models()):
        watch(model)
    auditlog.register(
        User, include_fields=USER_FIELDS, mask_fields=["password"], mask_callable=HIDDEN, m2m_fields={"groups", "user_permissions"}
    )
    auditlog.register(Group, m2m_fields={"permissions"})
    pre_log.connect(is_worth_it, sender=User, dispatch_uid="audit-guests")
    post_delete.connect(run_deleted, sender=Run, dispatch_uid="audit-runs")


def watch(model: type[Model]) -> None:
    names = {field.name for field in model._meta.concrete_fields if is_told(field)}
    auditlog.register(model, include_fields=sorted(names), mask_fields=sorted(names & (SECRETS | PERSONAL)), mask_callable=HIDDEN)


def is_told(field: Field) -> bool:
    clock = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return not (isinstance(field, TextField) or clock or field.primary_key or field.name in COUNTERS)


def hidden(value: str) -> str:
    """In place of a value that is no reader's business: only whether there was one."""
    return "none" if value in ("", "None") else "not shown"


def is_worth_it(sender: Any, instance: User, action: int, **kwargs: Any) -> bool:
    """Guests come by the click and go by the clock; only what happens to them in between is told."""
    from academy.audit.models import Entry

    return not (instance.is_guest and action in (Entry.Action.CREATE, Entry.Action.DELETE))


def run_deleted(sender: Any, instance: Run, **kwargs: Any) -> None:
    from academy.audit.models import Entry

    who = actor.current()
    if who is None or who.pk == instance.owner_id:
        return
    owner = User.objects.filter(pk=instance.owner_id).values_list("username", flat=True).first() or f"account {instance.owner_id}"
    Entry.objects.log_create(instance, action=Entry.Action.DELETE, did="deleted a run of somebody else", changes={"owner": [owner, "None"]})
