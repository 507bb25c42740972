"""The forms of classes. Times are typed as clocks in the class's zone show them and come out as moments in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from academy.classes import zones
from academy.classes.models import ClassDate, Role, SchoolClass
from lessons.models import Lesson

WALL_FORMAT = "%Y-%m-%dT%H:%M"
WALL_INPUTS = [WALL_FORMAT, "%Y-%m-%d %H:%M"]
YEARS_OFF_MAX = 20


def check_printable(value: str) -> None:
    if not value.isprintable():
        raise ValidationError("This has characters that cannot be printed. Expected: plain text.")


class WallField(forms.CharField):
    """A date and time as a wall clock shows it: naive, and without a zone until the form knows the class's."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "datetime-local"})
        super().__init__(required=False, max_length=25, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        for pattern in WALL_INPUTS:
            try:
                wall = datetime.strptime(text, pattern)  # naive: its zone is the class's
            except ValueError:
                continue
            if abs(wall.year - timezone.now().year) > YEARS_OFF_MAX:
                raise ValidationError(f"{wall.year} is more than {YEARS_OFF_MAX} years off. Expected: a year near this one.")
            return wall
        raise ValidationError(f"{text[:25]!r} is no date and time. Expected: year-month-day hour:minute. Example: 2027-03-01 18:00")


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        said = {"invalid": "This is no date. Expected: year-month-day. Example: 2027-03-01"}
        super().__init__(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), error_messages=said, **kwargs)


class ClassForm(forms.ModelForm):
    name = forms.CharField(label="Name", max_length=120, validators=[check_printable], help_text="Systems, autumn 2027.")
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        validators=[zones.check_name],
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text="Such as Europe/Berlin. Dates are entered and shown in it; changing it later leaves each the same moment.",
    )
    opens_on = DayField(label="First day")
    closes_on = DayField(label="Last day")

    class Meta:
        model = SchoolClass
        fields = ["name", "time_zone", "opens_on", "closes_on"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("opens_on"), data.get("closes_on")
        if first and last and first > last:
            self.add_error("closes_on", f"The last day ({last}) comes before the first ({first}). Expected: the same day or a later one.")
        return data


class DateForm(forms.Form):
    lesson_number = forms.ChoiceField(label="Lesson", required=False)
    item = forms.CharField(
        label="Or something else", required=False, max_length=120, validators=[check_printable], help_text="By name: Project report"
    )
    opens_at = WallField(label="Opens")
    due_at = WallField(label="Due")

    def __init__(self, school_class: SchoolClass, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school_class = school_class
        self.notes: list[str] = []
        lessons = [(lesson.number, str(lesson)) for lesson in Lesson.objects.exclude(published=None)]
        self.fields["lesson_number"].choices = [("", "No lesson"), *lessons]  # type: ignore[attr-defined]
        for name in ("opens_at", "due_at"):
            self.fields[name].help_text = f"In {school_class.time_zone}."

    def clean_opens_at(self) -> datetime | None:
        return self.moment("opens_at")

    def clean_due_at(self) -> datetime | None:
        return self.moment("due_at")

    def moment(self, name: str) -> datetime | None:
        wall, zone = self.cleaned_data[name], self.school_class.zone
        if wall is None:
            return None
        if zones.is_shown_twice(wall, zone):
            self.notes.append(f"Clocks in {zone.key} show {wall:%Y-%m-%d %H:%M} twice, being put back. The first of the two was taken.")
        return zones.moment(wall, zone)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        lesson, item = data.get("lesson_number", ""), data.get("item", "")
        opens, due = data.get("opens_at"), data.get("due_at")
        if not self.errors and bool(lesson) == bool(item):
            self.add_error(None, "A date is of one thing. Expected: a lesson or a name, not both and not neither.")
        if not self.errors and opens is None and due is None:
            self.add_error(None, "There is no time in it. Expected: when it opens, when it is due, or both.")
        if opens and due and opens >= due:
            self.add_error("due_at", "It is due before it opens. Expected: a later time than the one it opens at.")
        if not self.errors and self.school_class.dates.filter(lesson_number=lesson, item=item).exists():
            self.add_error(None, f"There is a date for {item or 'lesson ' + lesson} already. Delete that one first.")
        return data

    def date(self) -> ClassDate:
        """The date, not saved yet."""
        return ClassDate(school_class=self.school_class, **self.cleaned_data)


class CodeForm(forms.Form):
    expires_at = WallField(label="Expires")

    def __init__(self, school_class: SchoolClass, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school_class = school_class

    def clean_expires_at(self) -> datetime | None:
        wall = self.cleaned_data["expires_at"]
        at = zones.moment(wall, self.school_class.zone) if wall else None
        if at is not None and at <= timezone.now():
            raise ValidationError("This time is over already. Expected: one to come, or none.")
        return at


class RosterForm(forms.Form):
    file = forms.FileField(label="Roster", help_text="CSV with the columns username, email, name. At most 2,000 lines and 1 MB.")


class AddForm(forms.Form):
    username = forms.CharField(label="User name", max_length=150, validators=[check_printable])
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.STUDENT)
