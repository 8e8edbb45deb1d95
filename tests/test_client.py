"""The strict client finds what it is there to find."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse

from healthcode.models import Account
from tests.client import Faults, StrictClient, is_read, page_faults


@pytest.mark.parametrize(
    "page",
    [
        '<a onclick="x()">',
        "<script>x()</script>",
        "<style>p{}</style>",
        '<p style="color:red">',
        '<a href=" JavaScript:x()">',
        '<img src="x" ONERROR="x()">',
    ],
)
def test_the_client_finds_what_a_page_may_not_hold(page: str) -> None:
    faults = Faults()
    faults.feed(page)
    assert len(faults.found) == 1


def test_the_client_lets_scripts_and_data_be() -> None:
    faults = Faults()
    faults.feed('<script src="/static/js/show.js" type="module"></script><script type="application/json">{}</script>')
    assert faults.found == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", True),
        ('SAVEPOINT "s1"', True),
        ("  select 1 FOR UPDATE", False),
        ("SELECT 1 FOR NO KEY UPDATE OF x", False),
        ("INSERT INTO x VALUES (1)", False),
        ("UPDATE x SET a = 1", False),
        ("WITH a AS (DELETE FROM x RETURNING 1) SELECT 1 FROM a", False),
    ],
)
def test_the_client_tells_reading_from_writing(sql: str, expected: bool) -> None:
    assert is_read(sql) is expected


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p>{{ name }}</p>", "not rendered"),
        ("<p>{% url 'x' %}</p>", "not rendered"),
        ("<p>good</p>", "no Content-Security-Policy header"),
    ],
)
def test_the_client_finds_a_broken_page(body: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in page_faults(HttpResponse(body)))


def test_the_client_looks_at_pages_alone() -> None:
    assert page_faults(HttpResponse("{{ x }}", content_type="application/json")) == []
    assert page_faults(HttpResponse("<p>good</p>", headers={"Content-Security-Policy": "default-src 'none'"})) == []


def test_the_client_refuses_a_get_that_writes(
    citizen: Account, sign_in: Callable[[Account], StrictClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(citizen)
    assert browser.get("/code/history/").status_code == 200
    monkeypatch.setattr("tests.client.is_read", lambda sql: "decisionrecord" not in sql)
    with pytest.raises(AssertionError, match="may only SELECT"):
        browser.get("/code/history/")
