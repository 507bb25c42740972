"""The first of the instructor pages (UNFOLD["DASHBOARD_CALLBACK"]): the course, what waits for a choice, who is here, what they run."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from academy.accounts.models import User
from labs.models import Run
from lessons import embeds
from lessons.admin import conflicts
from lessons.models import Lesson, LessonRevision

WEEK = timedelta(days=7)
REVISIONS = 6


def desk(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Each part for those who may see it; None leaves it out."""
    may = request.user.has_perm
    reads_course = may("lessons.view_lesson")
    return context | conflicts(request) | {
        "title": "Desk",
        "course": Lesson.objects.select_related("published") if reads_course else None,
        "revisions": last_revisions() if reads_course else None,
        "people": people() if may("accounts.view_user") else None,
        "runs": runs() if may("accounts.view_user") or may("labs.view_run") else None,
        "may_open_runs": may("labs.view_run"),
    }  # fmt: skip


def last_revisions() -> QuerySet[LessonRevision]:
    return LessonRevision.objects.select_related("lesson", "author").order_by("-created_at")[:REVISIONS]


def people() -> dict[str, int]:
    student = Q(is_guest=False, is_staff=False)
    here = Q(seen_on__gt=timezone.now().date() - WEEK)
    return User.objects.aggregate(
        students=Count("pk", filter=student),
        students_here=Count("pk", filter=student & here),
        guests=Count("pk", filter=Q(is_guest=True)),
        guests_here=Count("pk", filter=Q(is_guest=True) & here),
        staff=Count("pk", filter=Q(is_staff=True)),
        staff_here=Count("pk", filter=Q(is_staff=True) & here),
    )


def runs() -> list[dict[str, Any]]:
    """By lab, most first. Copies behind a link are left out: nobody plays them."""
    played = Count("pk", filter=Q(used_at__gt=timezone.now() - WEEK))
    counted = Run.objects.filter(share_key=None).order_by().values("lab")
    rows = counted.annotate(kept=Count("pk"), played=played, owners=Count("owner", distinct=True)).order_by("-kept", "lab")
    return [row | {"title": (embeds.lab_info(row["lab"]) or {}).get("title", row["lab"])} for row in rows]
