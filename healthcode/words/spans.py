"""Lengths of time in words, to the coarsest unit that tells them apart."""

from datetime import timedelta

from django.utils.translation import ngettext

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def span_words(span: timedelta) -> str:
    """Return a span in whole minutes, hours (from 1 h) or days (from 48 h), rounded down."""
    if span >= 2 * _DAY:
        return ngettext("%(n)s day", "%(n)s days", span // _DAY) % {"n": span // _DAY}
    if span >= _HOUR:
        return ngettext("%(n)s hour", "%(n)s hours", span // _HOUR) % {"n": span // _HOUR}
    minutes = max(0, span // timedelta(minutes=1))
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
