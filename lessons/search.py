"""Full-text search over what readers may open: sections of published lessons, concepts, labs.

A search is what somebody typed, whole words by their stems (`websearch_to_tsquery`), or, for while they type, all words as written with the
last one unfinished. Where nothing is found, words the course does not know are replaced by the nearest it knows.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import Case, Count, F, Func, IntegerField, Max, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from lessons.models import SearchEntry

LENGTH_MAX = 200  # characters asked for
SHOWN_MAX = 30
CORRECTED_MAX = 5  # words; each is held against every word of the course
# Around what was found, and in place of < and > (the database leaves out what looks like a tag), until all is escaped. Entries have no
# control characters.
START, STOP, LESS, GREATER = "\x02", "\x03", "\x04", "\x05"
EDGE, ENDS = 30, ".,:;!?)”"  # how much of a piece is held against its text; the database leaves out the marks at its end
WORD = re.compile(r"\w+")
OPERATORS = re.compile(r'"|(^|\s)-|(^|\s)or(\s|$)', re.IGNORECASE)
TITLE_OPTIONS = {"start_sel": START, "stop_sel": STOP, "highlight_all": True}
TEXT_OPTIONS = {"start_sel": START, "stop_sel": STOP, "min_words": 25, "max_words": 45, "short_word": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    kind: str  # as readers see it: "Lesson 8.5", "Concept, 8.5", "Lab"
    url: str
    title: SafeString  # escaped, what was found in <mark>
    text: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    words: str
    meant: str = ""  # the words that were searched for instead, "" for those asked for
    count: int = 0
    results: tuple[Result, ...] = ()


def find(words: str) -> Found:
    """The best `SHOWN_MAX` entries for at most `LENGTH_MAX` characters, best first."""
    entries = matching(words)
    count, meant = entries.count(), ""
    if not count and (meant := nearest(words)):
        entries = matching(meant)
        count = entries.count()
    asked = meant if count and meant else words
    return Found(words=words, meant=asked if asked != words else "", count=count, results=tuple(map(result, ranked(entries, asked))))


def readable() -> QuerySet[SearchEntry]:
    return SearchEntry.objects.filter(Q(lesson__isnull=True) | Q(lesson__published__isnull=False))


def matching(words: str) -> QuerySet[SearchEntry]:
    query = whole(words)
    if begun := as_typed(words):
        query = query | begun
    return readable().filter(vector=query)


def whole(words: str) -> SearchQuery:
    return SearchQuery(words, config="english", search_type="websearch")


def as_typed(words: str) -> SearchQuery | None:
    """Every word, the last one as a beginning. None for what has operators, and for what has no words."""
    typed = list(dict.fromkeys(WORD.findall(words)))
    if not typed or OPERATORS.search(words):
        return None
    quoted = [f"'{word}'" for word in typed]  # a word holds neither quotes nor backslashes
    return SearchQuery(" & ".join(quoted) + ":*", config="simple", search_type="raw")


def ranked(entries: QuerySet[SearchEntry], words: str) -> list[Any]:
    """A title that is just what was asked for comes first; then by rank, where long texts weigh less."""
    begun = as_typed(words)
    query = whole(words) | begun if begun else whole(words)
    exact = Case(When(title__iexact=words, then=Value(1)), default=Value(0), output_field=IntegerField())
    rank = SearchRank(F("vector"), query, normalization=Value(1))
    best = entries.annotate(exact=exact, rank=rank).order_by("-exact", "-rank", "kind", "key")
    chosen = [entry.pk for entry in best[:SHOWN_MAX]]
    heads = headlines("title", words, **TITLE_OPTIONS) | headlines("text", words, **TEXT_OPTIONS)
    shown = SearchEntry.objects.select_related("lesson").annotate(**heads).in_bulk(chosen)
    return [shown[pk] for pk in chosen if pk in shown]


def headlines(field: str, words: str, **options: Any) -> dict[str, SearchHeadline]:
    """Twice, as the words are kept: by stem, and as written."""
    begun = as_typed(words)
    text = Func(F(field), Value("<>"), Value(LESS + GREATER), function="translate")
    by_stem = {f"{field}_by_stem": SearchHeadline(text, whole(words), config="english", **options)}
    return by_stem | ({f"{field}_as_written": SearchHeadline(text, begun, config="simple", **options)} if begun else {})


def result(entry: Any) -> Result:
    return Result(kind=kind(entry), url=url(entry), title=marked(entry, "title"), text=marked(entry, "text"))


def kind(entry: SearchEntry) -> str:
    if entry.lesson is None:
        return "Lab"
    return f"Lesson {entry.lesson.number}" if entry.kind == SearchEntry.Kind.SECTION else f"Concept, {entry.lesson.number}"


def url(entry: SearchEntry) -> str:
    if entry.kind == SearchEntry.Kind.LAB:
        return reverse("labs:lab", args=[entry.key])
    if entry.kind == SearchEntry.Kind.CONCEPT or entry.lesson is None:
        return reverse("concept", args=[entry.key])
    return reverse("lesson", args=[entry.lesson.number]) + (f"#{entry.place}" if entry.place else "")


def marked(entry: Any, field: str) -> SafeString:
    """Escaped first, marked then: no character of a text becomes markup."""
    ways = [getattr(entry, f"{field}_{way}", "") for way in ("by_stem", "as_written")]
    best = max(ways, key=lambda text: text.count(START)).replace(LESS, "<").replace(GREATER, ">")
    bare = best.replace(START, "").replace(STOP, "")
    if not getattr(entry, field).startswith(bare[:EDGE]):
        best = f"… {best}"
    if not getattr(entry, field).rstrip(ENDS).endswith(bare.rstrip(ENDS)[-EDGE:]):
        best = f"{best} …"
    return mark_safe(escape(best).replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308 - escaped, and the marks are ours


def nearest(words: str) -> str:
    """The words with those the course does not know replaced by the nearest it does; "" when there is nothing to replace."""
    entries = readable().aggregate(count=Count("pk"), newest=Max("updated_at"))
    known = vocabulary(entries["count"], entries["newest"])
    corrected, left = words, CORRECTED_MAX
    for word in dict.fromkeys(word.lower() for word in WORD.findall(words)):
        near = get_close_matches(word, known.get(len(word), ()), n=1, cutoff=0.75) if word not in known.get(len(word), ()) and left else []
        if near:
            corrected = re.sub(rf"\b{word}\b", near[0], corrected, flags=re.IGNORECASE)
            left -= 1
    return corrected if corrected != words else ""


@lru_cache(maxsize=1)
def vocabulary(count: int, newest: Any) -> dict[int, tuple[str, ...]]:
    """Words of readable entries that have a length within two of the key. The arguments say which state of the entries it is kept for."""
    texts = (f"{title} {text}" for title, text in readable().values_list("title", "text"))
    words = sorted({word.lower() for text in texts for word in WORD.findall(text) if len(word) > 3 and word.isalpha()})
    return {length: tuple(word for word in words if abs(len(word) - length) <= 2) for length in range(2, 30)}
