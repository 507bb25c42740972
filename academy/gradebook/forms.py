"""The forms of the gradebook. Numbers are read by `numbers`; what is wrong says what was expected and what came, and stays as typed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from academy.classes.forms import check_printable
from academy.gradebook import numbers
from academy.gradebook.columns import POINTS_MAX
from academy.gradebook.models import WEIGHT_MAX, Column
from academy.gradebook.numbers import CENT

REASON_MAX = 300


class NumberField(forms.CharField):
    """Points or a weight, from `least` to `most`."""

    def __init__(self, *, most: Decimal, least: Decimal = Decimal(0), **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 8})
        super().__init__(max_length=30, widget=widget, **kwargs)
        self.most, self.least = most, least

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return numbers.read(text, self.most, self.least)
        except numbers.Unreadable as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        return numbers.shown(value) if isinstance(value, Decimal) else value


class ReasonField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        said = {"required": "Say why: the reason is kept with the number and the student can read it."}
        super().__init__(max_length=REASON_MAX, validators=[check_printable], error_messages=said, **kwargs)


class ColumnForm(forms.Form):
    title = forms.CharField(label="Title", max_length=120, validators=[check_printable])
    points = NumberField(label="Points", most=POINTS_MAX, least=CENT, help_text="The most there is to get.")
    weight = NumberField(label="Weight", most=WEIGHT_MAX, help_text="Against the other columns. 0: shown, and in no total.")
    hidden_from_students = forms.BooleanField(label="Hidden from students", required=False)

    def __init__(self, *args: Any, column: Column | None = None, **kwargs: Any) -> None:
        given = {"points": Decimal(100), "weight": Decimal(1)}
        if column is not None:
            given = {name: getattr(column, name) for name in ("title", "points", "weight", "hidden_from_students")}
        super().__init__(*args, **{"initial": given, **kwargs})


class SetForm(forms.Form):
    reason = ReasonField(label="Why")

    def __init__(self, column: Column, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = {"required": "Type the points. To leave the column out of this student's sums, exempt them."}
        points = NumberField(label=f"Points, of {numbers.shown(column.points)}", most=column.points, error_messages=said)
        self.fields = {"points": points, **self.fields}


class ReasonForm(forms.Form):
    """Why something is exempt, or a decision taken back."""

    reason = ReasonField(label="Why")
