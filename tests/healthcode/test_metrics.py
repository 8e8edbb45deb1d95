"""Figures for Prometheus: there for who holds the token, and about no person."""

from datetime import datetime

import pytest
import time_machine
from django.conf import LazySettings

from healthcode.models import Source
from healthcode.services.feeds import install_feeds
from tests.client import StrictClient


@pytest.fixture
def watched(sources: dict[str, Source], at: datetime, settings: LazySettings) -> None:
    """Feeds that are watched since noon, and a token."""
    settings.METRICS_TOKEN = "a-token-for-tests"
    install_feeds(by=None, at=at)


def test_without_a_token_there_is_no_such_page(client: StrictClient, province: None, settings: LazySettings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer another", "a-token-for-tests"])
def test_another_token_is_refused(client: StrictClient, watched: None, sent: str) -> None:
    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 401


def test_the_age_of_each_feed_is_told(client: StrictClient, watched: None, at: datetime) -> None:
    with time_machine.travel(at, tick=False) as clock:
        clock.shift(3600)
        text = client.get("/metrics", headers={"Authorization": "Bearer a-token-for-tests"}).content.decode()
    assert 'healthcode_feed_age_seconds{source="zj-health"} 3600.0' in text
    assert 'healthcode_feed_late{source="zj-health"}' in text
