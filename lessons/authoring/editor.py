"""The source beside its preview: save as a draft, check, publish, merge. Whatever is refused, the text stays in the form."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from lessons import revisions
from lessons.authoring import checklist, drafts, presence, rights
from lessons.authoring.conflicts import merged_with_file
from lessons.authoring.forms import SourceForm
from lessons.authoring.pages import difference, page
from lessons.content import line_ends, merge
from lessons.content.bounds import SOURCE_BYTES_MAX
from lessons.models import Draft, Lesson, LessonRevision

REVISIONS_SHOWN = 8


def edit(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    if request.method == "POST":
        return posted(admin, request, lesson)
    begin, notice = opening(request, lesson)
    return shown(admin, request, lesson, SourceForm(lesson, initial=begin), {"notice": notice})


def opening(request: HttpRequest, lesson: Lesson) -> tuple[dict[str, Any], str]:
    """What the editor begins with: the merge, draft or revision that is asked for, else one's own draft, else what readers see."""
    published, mine = lesson.published, drafts.of(lesson, request.user)
    n, source = (published.n, published.source) if published is not None else (0, "")
    if request.GET.get("merge") == "file" and lesson.pending is not None:
        return {"source": merged_with_file(lesson), "base": n, "settles": lesson.pending.n}, "merged"
    if request.GET.get("draft"):
        rights.require_writer(request)
        other = drafts.one(lesson, request.GET["draft"])
        return of_draft(other, other == mine), "" if other == mine else f"This is the draft of {other.author}, not yours."
    old = revision(lesson, request.GET.get("revision", ""))
    if old is not None:
        return {"source": old.source, "base": n, "note": f"r{old.n} again"}, f"This is revision {old.n}. Readers see revision {n}."
    if mine is not None and "published" not in request.GET:
        return of_draft(mine, True), "draft"
    return {"source": source, "base": n}, ""


def of_draft(draft: Draft, own: bool) -> dict[str, Any]:
    begin = {"source": draft.source, "base": draft.base, "settles": draft.settles, "note": draft.note}
    return begin | {"saves": draft.saves if own else 0}


def revision(lesson: Lesson, n: str) -> LessonRevision | None:
    return lesson.revisions.filter(n=int(n)).first() if n.isdecimal() and len(n) < 10 else None


def posted(admin: Any, request: HttpRequest, lesson: Lesson) -> HttpResponse:
    action = ACTIONS.get(request.POST.get("action", ""))
    rights.require_writer(request)
    form = SourceForm(lesson, request.POST)
    if action is None:
        form.add_error(None, "Nothing was done. Expected: save, check, merge or publish. Press one of the buttons.")
    if not form.is_valid() or action is None:
        return shown(admin, request, lesson, form)
    return action(admin, request, lesson, form)


def save(admin: Any, request: HttpRequest, lesson: Lesson, form: SourceForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        keep(request, lesson, data, saves=data["saves"])
    except drafts.Moved as moved:
        said = f"Not saved: you saved another draft of this lesson at {clock(moved.draft)}. Below is how yours differs."
        form.add_error(None, f"{said} Save again to put yours in its place.")
        fresh = again(form, saves=moved.draft.saves)
        return shown(
            admin, request, lesson, fresh, {"lines": difference(moved.draft.source, data["source"]), "said": form.non_field_errors()}
        )
    messages.success(request, "The draft is saved. Readers see no difference.")
    return redirect("admin:lessons_lesson_change", lesson.pk)


def keep(request: HttpRequest, lesson: Lesson, data: dict[str, Any], saves: int | None) -> Draft:
    return drafts.save(lesson, request.user, data["source"], base=data["base"], saves=saves, settles=data["settles"], note=data["note"])


def discard(admin: Any, request: HttpRequest, lesson: Lesson, form: SourceForm) -> HttpResponse:
    lesson.drafts.filter(author=request.user.pk).delete()
    messages.success(request, "The draft is thrown away. Its text stands here until you leave the page.")
    return shown(admin, request, lesson, again(form, saves=0))


def look(admin: Any, request: HttpRequest, lesson: Lesson, form: SourceForm) -> HttpResponse:
    return shown(admin, request, lesson, form, {"checked": checklist.of(lesson, form.cleaned_data["source"])})


def publish(admin: Any, request: HttpRequest, lesson: Lesson, form: SourceForm) -> HttpResponse:
    rights.require_publisher(request)
    data = form.cleaned_data
    checked = checklist.of(lesson, data["source"])
    if checked.errors:
        return shown(admin, request, lesson, form, {"checked": checked, "refused": True})
    try:
        made = revisions.edit(lesson, data["source"], author=request.user, base=data["base"], note=data["note"], settles=data["settles"])
    except revisions.Stale:
        return overtaken(admin, request, lesson, form)
    drafts.done(lesson, request.user, data["source"])
    messages.success(request, f"Revision {made.n} is published.")
    return redirect("admin:lessons_lesson_change", lesson.pk)


def overtaken(admin: Any, request: HttpRequest, lesson: Lesson, form: SourceForm) -> HttpResponse:
    """Somebody published in the meantime. The text becomes a draft, and is shown beside the newer one and what both began with."""
    lesson.refresh_from_db()
    data = form.cleaned_data
    kept = keep(request, lesson, data, saves=None)
    newer = lesson.published
    if newer is None or newer.n == data["base"]:
        form.add_error(
            None, "Not published: the course file that was merged here changed once more. Your text is kept as a draft; merge again."
        )
        return shown(admin, request, lesson, again(form, saves=kept.saves, settles=""), {"said": form.non_field_errors()})
    who = f" by {newer.author}" if newer.author else ""
    form.add_error(
        None, f"Not published: revision {newer.n} was published{who} while you were writing. Your text is below and kept as a draft."
    )
    found = merge.hunks(*three(lesson, data["base"], data["source"]))
    more = {"hunks": found, "conflicts": merge.conflicts(found), "newer": newer, "said": form.non_field_errors()}
    return shown(admin, request, lesson, again(form, saves=kept.saves), more)


def three(lesson: Lesson, base: int, source: str) -> tuple[str, str, str]:
    """Base, ours and theirs, with LF."""
    begun, newer = revision(lesson, str(base)), lesson.published
    texts = (begun.source if begun else "", source, newer.source if newer else "")
    return (line_ends.plain(texts[0]), line_ends.plain(texts[1]), line_ends.plain(texts[2]))


def merge_in_editor(admin: Any, request: HttpRequest, lesson: Lesson, form: SourceForm) -> HttpResponse:
    """The form's text with what was published since it was begun."""
    newer = lesson.published
    if newer is None or newer.n == form.cleaned_data["base"]:
        messages.info(request, "There is nothing to merge: your text was begun with what readers see.")
        return shown(admin, request, lesson, form)
    found = merge.hunks(*three(lesson, form.cleaned_data["base"], form.cleaned_data["source"]))
    text = merge.marked(found, ours="yours", theirs=f"revision {newer.n}", base=f"revision {form.cleaned_data['base']}")
    return shown(admin, request, lesson, again(form, source=text, base=newer.n), {"notice": "merged", "conflicts": merge.conflicts(found)})


def again(form: SourceForm, **changed: Any) -> SourceForm:
    """The same form with other values; what is said about the old ones is passed on its own."""
    return SourceForm(form.lesson, initial=form.cleaned_data | changed)


def clock(draft: Draft) -> str:
    return timezone.localtime(draft.saved_at).strftime("%H:%M")


def shown(admin: Any, request: HttpRequest, lesson: Lesson, form: SourceForm, more: dict[str, Any] | None = None) -> HttpResponse:
    context = page(admin, request, lesson, f"{lesson}")
    if context["may_edit"]:
        presence.seen(lesson, request.user)
    context |= {
        "form": form,
        "others": presence.others(lesson, request.user),
        "beat_s": presence.BEAT_S,
        "bytes_max": SOURCE_BYTES_MAX,
        "mine": drafts.of(lesson, request.user),
        "drafts": drafts.every(lesson),
        "revisions": lesson.revisions.select_related("author")[:REVISIONS_SHOWN],
    }
    return TemplateResponse(request, "admin/lessons/edit.html", context | (more or {}))


ACTIONS: dict[str, Any] = {"save": save, "check": look, "publish": publish, "merge": merge_in_editor, "discard": discard}
