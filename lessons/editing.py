"""What an instructor does to a lesson in the admin: edit with a preview, choose between course file and edit. It calls `revisions`."""

import difflib
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin

from lessons import embeds, importing, revisions
from lessons.content.check import check
from lessons.content.text import SOURCE_BYTES_MAX, parse
from lessons.models import Lesson

PREVIEW_POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
DIFF_LINES_MAX = 4000
PROBLEMS_MAX = 50  # shown at once
STALE = (
    "Somebody published another revision while you were writing. "
    "Yours is below and not saved: copy it, reload the page, and put it in again."
)


class SourceForm(forms.Form):
    source = forms.CharField(
        max_length=SOURCE_BYTES_MAX, strip=False, widget=forms.Textarea(attrs={"rows": 34, "spellcheck": "true", "wrap": "soft"})
    )
    note = forms.CharField(label="What changed", max_length=200, required=False, help_text="For the list of revisions.")
    base = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, lesson: Lesson, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lesson = lesson

    def clean_source(self) -> str:
        source = with_line_ends_of(self.lesson, self.cleaned_data["source"])
        problems = problems_of(self.lesson, source)
        if problems:
            raise forms.ValidationError([f"{problem}" for problem in problems])
        return source


def with_line_ends_of(lesson: Lesson, source: str) -> str:
    """Browsers send CRLF; a text keeps the line ends it had, so that export and import stay exact."""
    source = source.replace("\r\n", "\n")
    if lesson.published is not None and "\r\n" in lesson.published.source:
        return source.replace("\n", "\r\n")
    return source


def problems_of(lesson: Lesson, source: str) -> list[Any]:
    text = parse(source)
    problems = list(text.problems)
    if not problems and text.matter.number != lesson.number:
        return [
            f'line 2: The text says it is lesson {text.matter.number}. Expected: the lesson being edited. Example: id: "{lesson.number}"'
        ]
    if not problems:
        problems = check(text, embeds.lab_info, importing.anchors_on_site() | {lesson.number: {h.id for h in text.outline}})
    return sorted(problems, key=lambda problem: problem.line)[:PROBLEMS_MAX]


def edit(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    """The source beside its preview. Publishing makes a new revision."""
    shown = lesson.published
    begin = {"source": shown.source if shown else "", "base": shown.n if shown else 1}
    form = SourceForm(lesson, request.POST or None, initial=begin)
    if request.method == "POST":
        if not admin.has_change_permission(request, lesson):
            raise PermissionDenied
        if form.is_valid() and publish(request, lesson, form):
            return redirect("admin:lessons_lesson_change", lesson.pk)
    may_edit = admin.has_change_permission(request, lesson)
    context = page(admin, request, lesson, f"{lesson}") | {
        "form": form,
        "may_edit": may_edit,
        "revisions": lesson.revisions.select_related("author")[:20],
    }
    return TemplateResponse(request, "admin/lessons/edit.html", context)


def publish(request: HttpRequest, lesson: Lesson, form: SourceForm) -> bool:
    data = form.cleaned_data
    try:
        revision = revisions.edit(lesson, data["source"], author=request.user, base=data["base"], note=data["note"])
    except revisions.Stale:
        form.add_error(None, STALE)
        return False
    messages.success(request, f"Revision {revision.n} is published.")
    return True


def choose(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    """The course file and the edit side by side, and the choice between them."""
    if not admin.has_view_permission(request, lesson):
        raise PermissionDenied
    if request.method == "POST":
        return settle(admin, request, lesson)
    if lesson.pending is None or lesson.published is None:
        messages.info(request, "Nothing waits for a choice.")
        return redirect("admin:lessons_lesson_change", lesson.pk)
    context = page(admin, request, lesson, f"{lesson}: the file and your edit") | {
        "lines": difference(lesson.published.source, lesson.pending.source),
        "may_edit": admin.has_change_permission(request, lesson),
    }
    return TemplateResponse(request, "admin/lessons/choose.html", context)


def settle(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    choice, pending = request.POST.get("choice"), request.POST.get("pending", "")
    if not admin.has_change_permission(request, lesson):
        raise PermissionDenied
    if choice not in ("file", "ours") or not pending.isdigit():
        messages.error(request, "Choose the file or your edit.")
        return redirect("admin:lessons_lesson_choose", lesson.pk)
    try:
        revisions.settle(lesson, int(pending), choice)  # type: ignore[arg-type]
    except revisions.Stale:
        messages.error(request, "The files changed while you were choosing. Look again.")
        return redirect("admin:lessons_lesson_choose", lesson.pk)
    messages.success(
        request, "The course file is published." if choice == "file" else "Your edit stays. The file's text is kept as a revision."
    )
    return redirect("admin:lessons_lesson_change", lesson.pk)


@xframe_options_sameorigin
def preview(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    """The text as readers would see it, labs excepted. Nothing is stored."""
    if request.method != "POST" or not admin.has_change_permission(request, lesson):
        raise PermissionDenied
    source = request.POST.get("source", "")[: SOURCE_BYTES_MAX + 1].replace("\r\n", "\n")
    text = parse(source)
    parts = [embeds.Shown(part=part, template=f"lessons/blocks/{part.kind}.html") for part in text.parts]
    theme = request.POST.get("theme")
    context = {
        "lesson": lesson,
        "text": text,
        "parts": parts,
        "problems": problems_of(lesson, source),
        "theme": theme if theme in ("light", "dark") else "auto",
    }
    response = render(request, "admin/lessons/preview.html", context)
    response["Content-Security-Policy"] = PREVIEW_POLICY  # the admin has none of its own, and this shows what somebody wrote
    return response


def page(admin: Any, request: HttpRequest, lesson: Lesson, title: str) -> dict[str, Any]:
    return admin.admin_site.each_context(request) | {
        "opts": Lesson._meta,
        "original": lesson,
        "lesson": lesson,
        "title": title,
        "has_view_permission": True,
    }


def difference(old: str, new: str) -> list[tuple[str, str]]:
    """Lines with what happened to them: same, gone (only in the edit), new (only in the file), place."""
    kinds = {" ": "same", "-": "gone", "+": "new", "@": "place"}
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    return [(kinds.get(line[:1], "same"), line) for line in list(lines)[2:DIFF_LINES_MAX]]


def lesson_or_404(pk: Any) -> Lesson:
    return get_object_or_404(Lesson.objects.select_related("published", "pending"), pk=pk)
