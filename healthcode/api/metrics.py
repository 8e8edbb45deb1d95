"""``GET /metrics``: figures for Prometheus, to who holds the token of the secret ``metrics_token`` (N4.2).

Figures of the system alone: no person, no place, no colour. Without the secret there is no such page.
"""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from healthcode.services.feeds import feed_ages


class Figures(Collector):
    """What is measured at an instant; one query a family."""

    def __init__(self, at: datetime) -> None:
        """Measure as of ``at``."""
        self.at = at

    def collect(self) -> Iterator[Metric]:
        """Yield how long ago each department's feed was heard of, and whether it is behind its rhythm (N3.2)."""
        age = GaugeMetricFamily(
            "healthcode_feed_age_seconds", "Seconds since a feed was last heard of", labels=["source"]
        )
        late = GaugeMetricFamily("healthcode_feed_late", "1 where a feed is behind its rhythm", labels=["source"])
        for feed in feed_ages(self.at):
            age.add_metric([feed.source.code], feed.age.total_seconds())
            late.add_metric([feed.source.code], float(feed.is_late))
        yield from (age, late)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus's text format; 401 without the token, 404 where the installation has none."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    registry.register(Figures(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
