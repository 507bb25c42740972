"""The forms of staff for quizzes. Times are typed as clocks in the class's zone show them and come out as moments in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms

from academy.classes import zones
from academy.classes.forms import WALL_FORMAT, WallField, check_printable
from academy.classes.models import SchoolClass
from academy.gradebook.models import WEIGHT_MAX, Column
from academy.quizzes import scheduling
from academy.quizzes.models import PolicyOverride, QuizSchedule
from academy.quizzes.schedule_models import ATTEMPTS_MAX, GRACE_S, TIME_FACTOR_MAX, TIME_LIMIT_S_MAX, Aggregate, When
from lessons.models import Quiz

GRACE_S_MAX = 600
DATES = ("opens_at", "due_at", "closes_at")
POINTS_MAX = Decimal("999999.99")
CODES = ("required", "invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits")


class AsciiDigits(forms.Field):
    """Digits of other scripts, which Python would read as well, are no number here: nobody could say what was typed."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and not value.strip().isascii():
            said = f"{self.error_messages['invalid']} In the digits 0 to 9; got {value.strip()[:20]!r}."
            raise forms.ValidationError(said, code="invalid")
        return super().to_python(value)


class WholeField(AsciiDigits, forms.IntegerField):
    """A whole number between two; whatever else is typed is told both."""

    def __init__(self, low: int, high: int, unit: str, **kwargs: Any) -> None:
        said = f"Expected: a whole number of {unit} from {low} to {high}."
        super().__init__(min_value=low, max_value=high, error_messages=dict.fromkeys(CODES, said), **kwargs)


class ExactField(AsciiDigits, forms.DecimalField):
    """A number between two with at most two decimals."""

    def __init__(self, low: Decimal, high: Decimal, unit: str, **kwargs: Any) -> None:
        said = f"Expected: {unit} from {low.normalize():f} to {high.normalize():f}, with at most two decimals."
        messages = dict.fromkeys(CODES, said)
        super().__init__(min_value=low, max_value=high, max_digits=8, decimal_places=2, error_messages=messages, **kwargs)


class ReasonField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        said = {"required": "Say why: the reason is kept, and the student can read it."}
        super().__init__(label="Reason", max_length=300, validators=[check_printable], error_messages=said, **kwargs)


class OnTheClassClock(forms.Form):
    """Moments typed as walls. One that was not touched stays the moment it was, also where the clock shows it twice."""

    opens_at = WallField(label="Opens")
    due_at = WallField(label="Due")
    closes_at = WallField(label="Closes")

    school_class: SchoolClass
    before: Any = None  # what the form began with

    def begin(self, school_class: SchoolClass, before: Any) -> None:
        self.school_class, self.before = school_class, before
        self.notes: list[str] = []
        for name in DATES:
            self.fields[name].help_text = f"In {school_class.time_zone}."
            at = getattr(before, name, None)
            self.initial.setdefault(name, zones.wall_clock(at, school_class.zone).strftime(WALL_FORMAT) if at else "")

    def clean_opens_at(self) -> datetime | None:
        return self.moment("opens_at")

    def clean_due_at(self) -> datetime | None:
        return self.moment("due_at")

    def clean_closes_at(self) -> datetime | None:
        return self.moment("closes_at")

    def moment(self, name: str) -> datetime | None:
        wall, zone = self.cleaned_data[name], self.school_class.zone
        if wall is None:
            return None
        held = getattr(self.before, name, None)
        if held is not None and zones.wall_clock(held, zone).strftime(WALL_FORMAT) == wall.strftime(WALL_FORMAT):
            return held
        if zones.is_shown_twice(wall, zone):
            self.notes.append(f"Clocks in {zone.key} show {wall:%Y-%m-%d %H:%M} twice, being put back. The first of the two was taken.")
        return zones.moment(wall, zone)

    def add_problems(self, rules: dict[str, Any]) -> None:
        for name, text in scheduling.problems(rules):
            self.add_error(name if name in self.fields else None, text)


def minutes_field(**kwargs: Any) -> WholeField:
    return WholeField(1, TIME_LIMIT_S_MAX // 60, "minutes", required=False, **kwargs)


def seconds(minutes: int | None, before: int | None) -> int | None:
    """What was typed in minutes; an odd number of seconds that was not touched stays."""
    if minutes is None:
        return None
    return before if before is not None and before // 60 == minutes else minutes * 60


class ScheduleForm(OnTheClassClock):
    quiz = forms.ChoiceField(
        label="Quiz",
        error_messages={"required": "Choose a quiz.", "invalid_choice": "This quiz is set already, or no lesson asks it. Choose another."},
    )
    time_limit = minutes_field(label="Time limit in minutes", help_text="For one attempt. Empty: none.")
    grace_s = WholeField(
        0,
        GRACE_S_MAX,
        "seconds",
        label="Grace in seconds",
        initial=GRACE_S,
        help_text="Answers that arrive so long after the end still count.",
    )
    attempts_max = WholeField(
        1, ATTEMPTS_MAX, "attempts", label="Attempts", required=False, initial=2, help_text="Empty: as many as one likes."
    )
    aggregate = forms.ChoiceField(label="What counts of them", choices=Aggregate.choices, initial=Aggregate.BEST)
    shuffle = forms.BooleanField(label="Each attempt asks its questions in an order of its own", required=False, initial=True)
    practice_open = forms.BooleanField(
        label="The class may practise this quiz before it closes; practice shows the right answers", required=False, initial=True
    )
    score_when = forms.ChoiceField(label="The mark", choices=When.choices, initial=When.AT_ONCE)
    feedback_when = forms.ChoiceField(label="What is said to the answers", choices=When.choices, initial=When.AT_ONCE)
    key_when = forms.ChoiceField(label="The right answers", choices=When.choices, initial=When.CLOSED)
    points = ExactField(
        Decimal("0.01"), POINTS_MAX, "points", label="Points", initial=Decimal(100), help_text="The most there is to get in the gradebook."
    )
    weight = ExactField(
        Decimal(0),
        WEIGHT_MAX,
        "a weight",
        label="Weight",
        initial=Decimal(1),
        help_text="Beside the other columns. 0: shown, counts for nothing.",
    )

    def __init__(
        self, school_class: SchoolClass, *args: Any, schedule: QuizSchedule | None = None, column: Column | None = None, **kwargs: Any
    ) -> None:
        kwargs["initial"] = initial_of(schedule, column)
        super().__init__(*args, **kwargs)
        self.begin(school_class, schedule)
        self.quizzes = {} if schedule else {str(one.pk): one for one in free_quizzes(school_class)}
        if schedule is None:
            self.fields["quiz"].choices = [("", "Choose a quiz"), *((pk, named(one)) for pk, one in self.quizzes.items())]  # type: ignore[attr-defined]
        else:
            del self.fields["quiz"]
        for place in range(1, scheduling.LATE_ROWS_MAX + 1):
            held = schedule.late[place - 1] if schedule is not None and place <= len(schedule.late) else (None, None)
            self.fields[f"late_{place}"] = WholeField(
                1,
                scheduling.LATE_HOURS_MAX,
                "hours",
                required=False,
                initial=held[0],
                label=f"Row {place}: up to so many hours after the due date",
            )
            self.fields[f"kept_{place}"] = WholeField(
                0, 100, "percent", required=False, initial=held[1], label=f"Row {place}: so many percent are kept"
            )

    @property
    def late_rows(self) -> Iterator[tuple[Any, Any]]:
        """The two fields of each row, for the page."""
        for place in range(1, scheduling.LATE_ROWS_MAX + 1):
            yield self[f"late_{place}"], self[f"kept_{place}"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        places, rows = [], []
        for place in range(1, scheduling.LATE_ROWS_MAX + 1):
            hours, percent = data.get(f"late_{place}"), data.get(f"kept_{place}")
            if {f"late_{place}", f"kept_{place}"} & set(self.errors):
                continue
            if (hours is None) != (percent is None):
                missing, words = (f"late_{place}", "hours") if hours is None else (f"kept_{place}", "percent")
                self.add_error(missing, f"Expected: {words} as well, or nothing in the row.")
            elif hours is not None:
                places.append(place)
                rows.append([hours, percent])
        data["late"] = rows
        if set(DATES) & set(self.errors):
            return data
        for name, text in scheduling.problems({name: data.get(name) for name in DATES} | {"late": rows}):
            self.add_error(f"late_{places[int(name[5:]) - 1]}" if name.startswith("late_") else name, text)
        return data

    def rules(self) -> dict[str, Any]:
        """Fields of the schedule."""
        data = self.cleaned_data
        same = (
            *DATES,
            "grace_s",
            "attempts_max",
            "aggregate",
            "shuffle",
            "practice_open",
            "late",
            "score_when",
            "feedback_when",
            "key_when",
        )
        return {name: data[name] for name in same} | {
            "time_limit_s": seconds(data["time_limit"], getattr(self.before, "time_limit_s", None))
        }


def initial_of(schedule: QuizSchedule | None, column: Column | None) -> dict[str, Any]:
    if schedule is None:
        return {}
    names = ("grace_s", "attempts_max", "aggregate", "shuffle", "practice_open", "score_when", "feedback_when", "key_when")
    found = {name: getattr(schedule, name) for name in names}
    found["time_limit"] = schedule.time_limit_s // 60 if schedule.time_limit_s else None
    return found if column is None else found | {"points": column.points, "weight": column.weight}


def free_quizzes(school_class: SchoolClass) -> list[Quiz]:
    """Those that lessons ask and the class does not have."""
    taken = QuizSchedule.objects.filter(school_class=school_class).values("quiz")
    return list(Quiz.objects.filter(is_asked=True).exclude(pk__in=taken).select_related("lesson"))


def named(quiz: Quiz) -> str:
    return f"Lesson {quiz.lesson.number}: {quiz} ({quiz.size} question{'s' if quiz.size != 1 else ''})"


class OverrideForm(OnTheClassClock):
    """Other rules for one student. What is left empty is as for everybody."""

    time_factor = ExactField(
        Decimal(1), TIME_FACTOR_MAX, "a number", label="Times the time limit", required=False, help_text="1.5: half as much time again."
    )
    time_limit = minutes_field(label="Time limit in minutes", help_text="Before it is multiplied.")
    attempts_max = WholeField(1, ATTEMPTS_MAX, "attempts", label="Attempts", required=False)
    reason = ReasonField(help_text="Kept for good. The student reads it beside the rules and in the gradebook.")
    field_order = ("time_factor", "due_at", "closes_at", "opens_at", "attempts_max", "time_limit", "reason")

    def __init__(self, schedule: QuizSchedule, override: PolicyOverride | None, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {} if override is None else {
            "time_factor": override.time_factor, "attempts_max": override.attempts_max,
            "time_limit": override.time_limit_s // 60 if override.time_limit_s else None,
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.schedule = schedule
        self.begin(schedule.school_class, override)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if not scheduling.any_of(value for name, value in data.items() if name != "reason"):
            self.add_error(None, "Nothing is different. Expected: at least one rule that is; to take others back there is a button below.")
        self.add_problems(scheduling.merged(self.schedule, data))
        return data

    def different(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["time_limit_s"] = seconds(data.pop("time_limit"), getattr(self.before, "time_limit_s", None))
        return {name: data[name] for name in scheduling.OVERRIDABLE}


class ReasonForm(forms.Form):
    reason = ReasonField()


class MarkForm(forms.Form):
    """A mark by hand for one question, in its points."""

    reason = ReasonField()

    def __init__(self, most: Decimal, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["points"] = ExactField(Decimal(0), most, "points", label="Points")
        self.order_fields(["points", "reason"])
