"""Dates as people say them, always in China time."""

from datetime import datetime

from django.utils import dateformat
from django.utils.translation import gettext, ngettext

from healthcode.domain.instants import to_china


def day_words(instant: datetime, at: datetime) -> str:
    """Return the day: “7 月 22 日”, with the year unless it is the year of ``at``."""
    day = to_china(instant)
    same_year = day.year == to_china(at).year
    # Translators: date formats of Django; Chinese: n 月 j 日, Y 年 n 月 j 日
    return dateformat.format(day, gettext("j F") if same_year else gettext("j F Y"))


def moment_words(instant: datetime, at: datetime) -> str:
    """Return the day and the time: “7 月 22 日 10:00”, and “今天 10:00” on the day of ``at``."""
    day = to_china(instant)
    clock = dateformat.format(day, "H:i")
    if day.date() == to_china(at).date():
        return gettext("today %(time)s") % {"time": clock}
    return gettext("%(day)s, %(time)s") % {"day": day_words(day, at), "time": clock}


def date_and_days_left(until: datetime, at: datetime) -> str:
    """Return the day and how far it is, counted as on a calendar: “7 月 22 日（还有 14 天）”."""
    days = (to_china(until).date() - to_china(at).date()).days
    if days <= 0:
        return gettext("%(day)s (today)") % {"day": day_words(until, at)}
    text = ngettext("%(day)s (%(days)d day left)", "%(day)s (%(days)d days left)", days)
    return text % {"day": day_words(until, at), "days": days}


def time_left(until: datetime, at: datetime) -> str:
    """Return the time still to go in its two largest units: “13 天 19 小时”; nothing once it has passed."""
    minutes = max(0, int((until - at).total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    if days:
        return gettext("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
