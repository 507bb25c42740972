"""Regrades in a class, for its instructors: what is offered, the key of a question, the dry run, applying it and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from academy.classes.models import SchoolClass
from academy.classes.staff_views import managed
from academy.quizzes import regrade_effects, regrading
from academy.quizzes.models import Attempt, QuizSchedule, RegradeRun
from academy.quizzes.regrading import Refused
from lessons import asking
from lessons.models import Question, QuestionVersion

PER_PAGE = 50
SAMPLE = "0" * 32  # the seed of nobody's question


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A question as it stands, with its key, for the template of its type. `view` empty: it is made for each student."""

    question: Any
    version: QuestionVersion
    view: Mapping[str, Any]
    key: Mapping[str, Any]

    @property
    def prompt(self) -> SafeString:
        return mark_safe(self.question.prompt_html)  # noqa: S308 - sanitised when it was read

    @property
    def why(self) -> SafeString:
        return mark_safe(self.question.why_html)  # noqa: S308 - sanitised when it was read

    @property
    def template(self) -> str:
        return f"quizzes/types/{self.question.type}.html"

    @property
    def title(self) -> str:
        return asking.words_of(self.question)


def looked(version: QuestionVersion) -> Looked:
    question = asking.question_of(version)
    kind = asking.kind_of(question)
    if not kind.can_check:
        return Looked(question=question, version=version, view={}, key={})
    dealt = kind.deal(question, SAMPLE)
    return Looked(
        question=question, version=version, view={**kind.view(question, dealt, None), "blank": False}, key=kind.key_view(question, dealt)
    )


def asked(uid: str) -> tuple[Question, QuestionVersion]:
    """A question with its current version."""
    found = get_object_or_404(Question.objects.select_related("current__question", "lesson"), uid=uid)
    if found.current is None:
        raise Http404("This question was never published.")
    return found, found.current


def asking_quizzes(school_class: SchoolClass, question: Question) -> QuerySet[Attempt, Any]:
    """Ids of the quizzes in which the class was asked it."""
    return Attempt.objects.filter(school_class=school_class, items__question_version__question=question).values("quiz")


def run_of(school_class: SchoolClass, pk: int) -> RegradeRun:
    rows = RegradeRun.objects.select_related("question__lesson", "to_version__question", "actor", "reverted_by", "school_class")
    return get_object_or_404(rows, pk=pk, school_class=school_class)


@login_required
@require_safe
@never_cache
def regrades(request: HttpRequest, pk: int) -> HttpResponse:
    """What is offered, and what there was."""
    found = managed(request, pk)
    rows = RegradeRun.objects.filter(school_class=found).select_related("question", "to_version__question", "actor")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    past = [(run, asking.words_of(asking.question_of(run.to_version)), regrade_effects.of_deltas(run)) for run in page]
    return render(
        request, "quizzes/regrade/regrades.html", {"class": found, "offers": regrading.offered(found), "past": past, "page": page}
    )


@login_required
@require_safe
@never_cache
def question(request: HttpRequest, pk: int, uid: str) -> HttpResponse:
    """A question with its key, how it is corrected, and the regrade that follows."""
    found = managed(request, pk)
    held, version = asked(uid)
    user: Any = request.user  # logged in
    may_correct = held.lesson is not None and user.is_staff and user.has_perm("lessons.view_lesson")
    page = {
        "class": found, "held": held, "row": looked(version), "offer": next(iter(regrading.offered(found, held)), None),
        "marked": len(regrading.standing(found, held)), "may_correct": may_correct,
        "past": RegradeRun.objects.filter(school_class=found, question=held).select_related("to_version"),
        "schedules": QuizSchedule.objects.filter(school_class=found, quiz__in=asking_quizzes(found, held)).select_related("quiz"),
    }  # fmt: skip
    return render(request, "quizzes/regrade/question.html", page)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def choose(request: HttpRequest, pk: int, uid: str) -> HttpResponse:
    """All modes side by side; a post makes the dry run of one."""
    found = managed(request, pk)
    held, version = asked(uid)
    refused = ""
    if request.method == "POST":
        try:
            made = regrading.plan(held, found, request.POST.get("mode", ""), request.user)
        except Refused as error:
            refused = str(error)
        else:
            return redirect("class_regrades:regrade", pk, made.pk)
    page = {
        "class": found, "held": held, "row": looked(version), "offer": next(iter(regrading.offered(found, held)), None),
        "effects": regrade_effects.of_modes(held, found, version), "modes": modes(), "refused": refused,
        "pass_percent": regrading.PASS_PERCENT, "chosen": request.POST.get("mode", RegradeRun.Mode.NEW_KEY),
    }  # fmt: skip
    return render(request, "quizzes/regrade/choose.html", page, status=422 if refused else 200)


def modes() -> list[tuple[str, str, str]]:
    return [(mode, label, regrade_effects.MEANS[mode]) for mode, label in RegradeRun.Mode.choices]


@login_required
@require_safe
@never_cache
def regrade(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    """A dry run, or what was applied, student by student."""
    found = managed(request, pk)
    held = run_of(found, run)
    rows = held.deltas.select_related("item__attempt__user", "item__attempt__quiz", "from_version")
    deltas = sorted(rows, key=lambda one: (not one.pass_flip, one.new_points == one.old_points, str(one.item.attempt.user).lower(), one.pk))
    page = Paginator(deltas, PER_PAGE).get_page(request.GET.get("page"))
    told = {
        "class": found, "run": held, "row": looked(held.to_version), "effect": regrade_effects.of_deltas(held), "page": page,
        "means": regrade_effects.MEANS[held.mode], "pass_percent": regrading.PASS_PERCENT, "mark_by_hand": "by_hand", **state_of(held),
    }  # fmt: skip
    return render(request, "quizzes/regrade/regrade.html", told)


def state_of(run: RegradeRun) -> dict[str, Any]:
    done, of = regrading.progress(run)
    return {"at_work": regrading.is_at_work(run), "done": done, "of": of}


@login_required
@require_safe
@never_cache
def status(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    """A piece of the page while workers are at it; the whole page is fetched anew when they are done."""
    found = managed(request, pk)
    held = run_of(found, run)
    told = state_of(held)
    response = render(request, "quizzes/regrade/status.html", {"class": found, "run": held, **told})
    if not told["at_work"]:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def decide(request: HttpRequest, pk: int, run: int, does: Callable[..., RegradeRun]) -> HttpResponse:
    """What `does` does to a regrade, for a reason: `regrading.apply` or `regrading.revert`."""
    held = run_of(managed(request, pk), run)
    try:
        does(held.pk, actor=request.user, reason=request.POST.get("reason", ""))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("class_regrades:regrade", pk, run)


@login_required
@require_POST
def discard(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    held = run_of(managed(request, pk), run)
    try:
        regrading.discard(held.pk)
    except RegradeRun.DoesNotExist as error:
        raise Http404("This regrade does not exist.") from error
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("class_regrades:regrade", pk, run)
    messages.success(request, "The dry run is discarded. No mark was changed.")
    return redirect(reverse("class_regrades:regrades", args=[pk]))
