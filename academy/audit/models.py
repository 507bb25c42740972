"""The audit trail: who changed what, when, from what to what. Rows are written once; the database refuses to change or delete them."""

from typing import Any

from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.db import models

from academy.audit import actor


class Entry(AbstractLogEntry):
    """One change. Its reading is in docs/classes.md; what is watched, and what is never shown, in `academy/audit/watch.py`."""

    # No constraint and no change on delete: an entry stays as it was written, whatever becomes of the account.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField("who", max_length=150, blank=True, help_text="As it was then; empty for commands and the site itself.")
    did = models.CharField(max_length=120, blank=True, help_text="In words, where a row's fields do not tell it.")

    class Meta(AbstractLogEntry.Meta):
        abstract = False
        verbose_name = "entry"
        verbose_name_plural = "audit trail"
        ordering = ["-timestamp", "-id"]
        default_permissions = ("view",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An entry of the audit trail is never changed.")
        who = actor.current()
        if who is not None:
            self.actor_id, self.actor_name = who.pk, who.get_username()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("An entry of the audit trail is never deleted.")


def record(instance: models.Model, did: str, changes: dict[str, list[str]] | None = None) -> None:
    """Write down what was done with `instance` where no row changed: `changes` is field -> [before, after]."""
    Entry.objects.log_create(instance, force_log=True, action=Entry.Action.ACCESS, did=did, changes=changes)
