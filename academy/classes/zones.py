"""Wall clocks of a class and moments of the world. Kept in UTC, entered and shown in the class's zone (IANA names, by `zoneinfo`).

Twice a year a zone's clock jumps. A time it jumps over does not exist and is refused; a time it shows twice means the first of the two.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.core.exceptions import ValidationError

NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/")


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The zones that name a place, and UTC: what a form offers."""
    return (
        "UTC",
        *sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))),
    )


def check_name(name: str) -> None:
    """Raises ValidationError for what is no zone."""
    try:
        known = name in available_timezones() and ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError):
        known = False
    if not known:
        raise ValidationError(f"There is no time zone {name[:40]!r}. Expected an IANA name such as Europe/Berlin or UTC.")


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment in UTC at which clocks in `zone` show `wall` (naive). Raises ValidationError where they never do."""
    meant = wall.replace(tzinfo=zone, fold=0)
    at = meant.astimezone(UTC)
    shown = at.astimezone(zone).replace(tzinfo=None)
    if shown != wall:
        raise ValidationError(
            f"{wall:%Y-%m-%d %H:%M} does not exist in {zone.key}: clocks are put forward over it. "
            f"Choose a time before the change or after it, such as {shown:%H:%M}."
        )
    return at


def is_shown_twice(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone`, being put back, show `wall` two times; `moment` takes the first."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first - second > timedelta(0)


def wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """What clocks in `zone` show at that moment."""
    return at.astimezone(zone)
