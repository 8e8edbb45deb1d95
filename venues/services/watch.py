"""Looking out for a venue whose gate is used from far away (the pattern of Henan): an alarm, and nothing else.

A scan says where the gate is and, by its holder, where the holder lives now. A market in Hangzhou where most of a
day's codes are of people who live in other prefectures is not a market's gate any more. Nothing is recorded of anybody.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from healthcode.domain.anomalies import LIMITS, Anomaly, VenueUse
from healthcode.models import Alarm
from healthcode.services.anomalies import check_venue_uses
from venues.domain.policy import Category
from venues.models import Scan, Venue

_WINDOW = timedelta(days=1)
# People from far away are what these are there for.
_FOR_TRAVELLERS = frozenset({Category.PUBLIC_TRANSPORT, Category.TAXI})


def watch_venues(*, at: datetime) -> int:
    """Raise an alarm for each venue used from far away in the last day, one a day and venue; return how many."""
    busy = Scan.objects.filter(scanned_at__gt=at - _WINDOW, scanned_at__lte=at, person__isnull=False)
    busy = busy.exclude(venue__category__in=_FOR_TRAVELLERS)
    counted = busy.order_by().values("venue").annotate(number=Count("pk")).filter(number__gte=LIMITS.remote)
    return sum(_watch(row["venue"], at) for row in counted)


@transaction.atomic
def _watch(pk: int, at: datetime) -> int:
    """Look at one venue; two sweeps at once come one after the other, and the second finds the alarm."""
    venue = Venue.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    about = f"{venue.name} {venue.public_id}"
    if Alarm.objects.filter(anomaly=Anomaly.REMOTE_SCANS, about=about, raised_at__gt=at - _WINDOW).exists():
        return 0
    scans = Scan.objects.at_venue_since(venue, at - _WINDOW).filter(scanned_at__lte=at, person__isnull=False)
    places = scans.order_by().values_list("person__stay_code", flat=True)
    uses = [VenueUse(venue.division, place) for place in places]
    return len(check_venue_uses(by=None, venue=venue.name, uses=uses, at=at, about=about))
