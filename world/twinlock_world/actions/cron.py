"""When a schedule is due: POSIX cron, as `on.schedule` takes it. Pure, but for the system's table of time zones.

Five fields with `*`, lists, ranges and steps, names of months and days. A day matches where the day of the month or
the day of the week does, if both are restricted. Times are UTC's, or those of the `timezone` beside the cron, which
GitHub takes since 2026 (https://github.com/github/gh-aw/pull/22018): where clocks go forward an hour is left out, where
they go back it comes twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_MONTHS: Final = {
    name: at
    for at, name in enumerate(("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1)
}
_DAYS: Final = {name: at for at, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
_FIELDS: Final = 5
_SUNDAY: Final = 7
_ZONE: Final = "TZ="


class CronError(ValueError):
    """A text is no schedule."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule as a workflow writes it."""

    text: str
    timezone: str = ""
    """The name of a time zone; empty for UTC."""

    @classmethod
    def kept(cls, text: str) -> Cron:
        """Return the cron that `keep` has written."""
        if not text.startswith(_ZONE):
            return cls(text)
        zone, _, rest = text.removeprefix(_ZONE).partition(" ")
        return cls(rest, zone)

    def keep(self) -> str:
        """Return it as one text."""
        return f"{_ZONE}{self.timezone} {self.text}" if self.timezone else self.text

    def schedule(self) -> Schedule:
        """Return when it is due.

        Raises:
            CronError: It is no cron, or there is no such time zone.
        """
        return Schedule.parse(self.text, _zone(self.timezone))


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes at which something is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool
    zone: tzinfo = UTC

    @classmethod
    def parse(cls, text: str, zone: tzinfo = UTC) -> Schedule:
        """Return the schedule that a text describes.

        Raises:
            CronError: It describes none.
        """
        fields = text.upper().split()
        if len(fields) != _FIELDS:
            raise CronError(f"{text!r} has not five fields")
        minute, hour, day, month, weekday = fields
        return cls(
            _field(minute, 0, 59),
            _field(hour, 0, 23),
            _field(day, 1, 31),
            _field(month, 1, 12, _MONTHS),
            frozenset(number % _SUNDAY for number in _field(weekday, 0, _SUNDAY, _DAYS)),
            day.startswith("*"),
            weekday.startswith("*"),
            zone,
        )

    def due(self, moment: datetime) -> bool:
        """Tell whether a minute is one of them."""
        moment = moment.astimezone(self.zone)
        if moment.minute not in self.minutes or moment.hour not in self.hours or moment.month not in self.months:
            return False
        of_month, of_week = moment.day in self.days, moment.isoweekday() % _SUNDAY in self.weekdays
        if self.any_day or self.any_weekday:
            return of_month and of_week
        return of_month or of_week

    def due_between(self, after: datetime, until: datetime) -> bool:
        """Tell whether it was due after one moment and no later than another, within a week of the second.

        GitHub drops what it could not start in time, so a long gap starts a schedule once.
        """
        moment = max(after, until - timedelta(days=7)).replace(second=0, microsecond=0) + timedelta(minutes=1)
        while moment <= until:
            if self.due(moment):
                return True
            moment += timedelta(minutes=1)
        return False


def _zone(name: str) -> tzinfo:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CronError(f"there is no time zone {name!r}") from error


def _field(text: str, least: int, most: int, names: Mapping[str, int] | None = None) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        width = _number(step, 1, most) if step else 1
        if span == "*":
            first, last = least, most
        else:
            begin, dash, end = span.partition("-")
            first = _number(begin, least, most, names)
            last = _number(end, least, most, names) if dash else (most if step else first)
        if last < first or (("/" in part) and not step):
            raise CronError(f"{part!r} is no range")
        found |= set(range(first, last + 1, width))
    return frozenset(found)


def _number(text: str, least: int, most: int, names: Mapping[str, int] | None = None) -> int:
    if names and text in names:
        return names[text]
    if not (text.isascii() and text.isdigit() and len(text) < 4 and least <= int(text) <= most):  # noqa: PLR2004 - three digits hold all
        raise CronError(f"{text!r} is not between {least} and {most}")
    return int(text)
