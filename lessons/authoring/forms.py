"""The editor's form. It holds any text that fits, right or wrong: a draft may be wrong, and publishing checks."""

from typing import Any

from django import forms

from lessons.content import line_ends
from lessons.content.bounds import LINES_MAX, SOURCE_BYTES_MAX
from lessons.models import Lesson

NUMBER_MAX = 2**31 - 1


def whole(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=NUMBER_MAX, **options)


class SourceForm(forms.Form):
    source = forms.CharField(
        # Browsers send two characters for the end of a line; the bytes are counted below.
        max_length=SOURCE_BYTES_MAX + LINES_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 34, "spellcheck": "true", "wrap": "soft"}),
    )
    note = forms.CharField(label="What changed", max_length=200, required=False, help_text="For the list of revisions.")
    base = whole()  # the revision the text was begun with
    saves = whole(required=False)  # how often the draft had been saved when the form was made
    settles = whole(required=False)  # the course file that was merged into it

    def __init__(self, lesson: Lesson, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lesson = lesson

    def clean_source(self) -> str:
        source = line_ends.as_in(self.lesson.published.source if self.lesson.published else "", self.cleaned_data["source"])
        size = len(source.encode())
        if size > SOURCE_BYTES_MAX:
            raise forms.ValidationError(
                f"The text has {size} bytes. Expected: at most {SOURCE_BYTES_MAX}. Example: two lessons instead of one. Nothing was saved."
            )
        return source

    def clean_saves(self) -> int:
        return self.cleaned_data["saves"] or 0
