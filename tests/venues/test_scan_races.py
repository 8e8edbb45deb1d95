"""The same scan from two real connections at once: one row, one answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from healthcode.models import Account, AuditEntry
from healthcode.services.codes import Checked
from tests.people import XIHU, code_of, employ
from tests.venues.kit import scan
from venues.models import Guard, Scan
from venues.services import scans
from venues.services.places import appoint_guard

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two scans wait for each other after each has seen that there is no row yet."""
    meeting, check = Barrier(2), scans._check

    def check_together(text: str, at: datetime) -> Checked:
        checked = check(text, at)
        meeting.wait(timeout=10)
        return checked

    monkeypatch.setattr(scans, "_check", check_together)


def at_once(*acts: Callable[[], Scan]) -> list[Scan]:
    """Run each act on a thread, and so on a connection, of its own."""

    def run(act: Callable[[], Scan]) -> Scan:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_one_nonce_on_two_connections_is_one_row(
    citizen: Account, gate_guard: Guard, at: datetime, together: None
) -> None:
    nonce, text = uuid4(), code_of(citizen, at)
    first, second = at_once(lambda: scan(gate_guard, text, at, nonce), lambda: scan(gate_guard, "", at, nonce))
    kept = Scan.objects.get()
    assert first.pk == second.pk == kept.pk
    assert first.verdict == second.verdict == kept.verdict
    assert AuditEntry.objects.filter(action="scan").count() == 1


def test_two_guards_on_two_connections_are_two_rows(
    citizen: Account, gate_guard: Guard, at: datetime, together: None
) -> None:
    other = appoint_guard(by=None, account=employ("gate2", None, XIHU), venue=gate_guard.venue, at=at)
    nonce, text = uuid4(), code_of(citizen, at)
    found = at_once(lambda: scan(gate_guard, text, at, nonce), lambda: scan(other, text, at, nonce))
    assert {found[0].verdict, found[1].verdict} == {"pass"}
    assert Scan.objects.count() == 2
