"""Who is here: students, guests (students without a password yet) and staff."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q


class User(AbstractUser):
    # A guest has no usable password and no email; signing up keeps the row and clears this, so the guest's runs stay.
    is_guest = models.BooleanField("guest", default=False, help_text="Came in without an account; expires when idle.")
    # The last day this account opened a page. A day, not a moment: one write per account and day.
    seen_on = models.DateField("last seen", null=True, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(name="a_guest_is_never_staff", condition=Q(is_guest=False) | Q(is_staff=False, is_superuser=False)),
        ]
        indexes = [models.Index(fields=["seen_on"], name="idle_guests", condition=Q(is_guest=True))]
        permissions = [("hand_out_reset_link", "Can hand out a one-time password link to a student")]

    def __str__(self) -> str:
        return self.username
