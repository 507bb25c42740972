"""Labs inside attempts: playing a challenge, choosing the run that counts, and playing the run that a predict question asked about."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from academy.quizzes import attempts, challenges, marking, showing
from academy.quizzes.draft_views import item_of
from academy.quizzes.models import AttemptItem, State
from labs import measuring, runs
from labs.answers import json_door
from labs.engine.errors import LabError
from labs.models import Run
from labs.player import player_context


def challenge_of(request: HttpRequest, pk: uuid.UUID, slot: int) -> AttemptItem:
    item = item_of(request, pk, slot)
    if not challenges.is_challenge(item):
        raise Http404("This question has no lab to play in.")
    return item


def run_of(item: AttemptItem, written: str) -> Run:
    """A run of this challenge. Any other is not found."""
    try:
        id = uuid.UUID(written)
    except ValueError as error:
        raise Http404("This run does not exist, or it is not one of this challenge.") from error
    return get_object_or_404(Run, pk=id, owner=item.attempt.user_id, place=challenges.place_of(item))


@require_safe
@never_cache
def lab(request: HttpRequest, pk: uuid.UUID, slot: int) -> HttpResponse:
    """The challenge in its lab: the newest run, or the one asked for."""
    item = challenge_of(request, pk, slot)
    found = challenges.begun(item)
    page: dict[str, Any] = {"item": item, "attempt": item.attempt, "row": showing.asked(item), "runs": found}
    chosen = request.GET.get("run") or (str(found[0].id) if found else "")
    if chosen:
        run = run_of(item, chosen)
        page |= {"run": run, "verdict": seen(item, run), "counts": (item.draft or {}).get("run") == str(run.pk)}
        if runs.is_current(run):
            player = player_context(request.user, run.lab, run.scenario, place=run.place, name=run.lab, run=run)
            page |= player | {"player": player, "create_url": reverse("quizzes:runs", args=[pk, slot])}
    return render(request, "quizzes/lab.html", page)


@require_POST
def begin(request: HttpRequest, pk: uuid.UUID, slot: int) -> HttpResponse:
    """Another run, from a button."""
    item = challenge_of(request, pk, slot)
    try:
        run = challenges.begin(item, request.user)
    except (attempts.Refused, runs.Refused) as refused:
        messages.error(request, str(refused))
        return redirect("quizzes:attempt", pk)
    return redirect(f"{reverse('quizzes:lab', args=[pk, slot])}?run={run.pk}")


@require_POST
@json_door
def create_run(request: HttpRequest, pk: uuid.UUID, slot: int) -> JsonResponse:
    """Another run, from the player. Whatever it asks for, the scenario, the parameters and the seed are those dealt."""
    item = challenge_of(request, pk, slot)
    try:
        run = challenges.begin(item, request.user)
    except attempts.Refused as refused:
        raise runs.Refused("denied", str(refused)) from refused
    return JsonResponse({"run": str(run.pk), "ws": f"/ws/runs/{run.pk}/", "revision": run.revision}, status=201)


@require_POST
@never_cache
def choose(request: HttpRequest, pk: uuid.UUID, slot: int) -> HttpResponse:
    """This run counts; and have it replayed."""
    item = challenge_of(request, pk, slot)
    run = run_of(item, request.POST.get("run", ""))
    try:
        attempts.save(pk, request.user, slot, attempts.Sent(answer={"run": str(run.pk)}, base_rev=item.draft_rev))
    except attempts.Refused as refused:
        messages.error(request, str(refused))
    return redirect(f"{reverse('quizzes:lab', args=[pk, slot])}?run={run.pk}")


@require_safe
@never_cache
def verdict(request: HttpRequest, pk: uuid.UUID, slot: int) -> HttpResponse:
    """A piece of the lab's page: what a replay of the run says. Asked for again until it is there."""
    item = challenge_of(request, pk, slot)
    run = run_of(item, request.GET.get("run", ""))
    return render(
        request, "quizzes/parts/verdict.html", {"item": item, "attempt": item.attempt, "run": run, "verdict": seen(item, run, True)}
    )


def seen(item: AttemptItem, run: Run, ask: bool = False) -> Any:
    """A row, or words why the run does not count, or "" while a worker finds out; None where nobody has asked yet."""
    if item.attempt.state != State.IN_PROGRESS or not runs.is_current(run):
        return challenges.verdict_of(item, run) if runs.is_current(run) else "This run was made with an older version of the lab."
    return challenges.look(item, run) if ask else challenges.verdict_of(item, run)


@require_POST
def replay(request: HttpRequest, pk: uuid.UUID, slot: int) -> HttpResponse:
    """The very run that a predict question asked about, to play: once it was answered and what came of it may be seen."""
    item = item_of(request, pk, slot)
    if not item.attempt.is_over or not showing.releases(item.attempt)["feedback"]:
        raise Http404("There is nothing to play yet.")
    rows = marking.graded([item.attempt])[item.attempt_id]
    grade = next((one.grade for one in rows if one.item.pk == item.pk), None)
    facts = grade.facts if grade else {}
    if "measured" not in facts:
        raise Http404("There is nothing to play.")
    place = f"review:{item.pk}"
    run = runs.latest(request.user, place, facts["lab"])
    try:
        run = run or measuring.play(request.user, facts, place)
    except LabError as error:
        messages.error(request, str(error))
        return redirect("quizzes:attempt", pk)
    at_s = max(0, facts["at_us"] / 1e6 - 1)
    return redirect(f"{reverse('labs:run', args=[run.pk])}#t={at_s:.3f}")
