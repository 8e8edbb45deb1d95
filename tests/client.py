"""A Django test client that refuses pages which break the house's promises, whatever the test is about.

A page may hold no inline handler, script or style (our Content-Security-Policy would stop them), no tag of the
template language that was never rendered, and carries the policy's header. Reading changes nothing: a GET may only
SELECT, save for the views that must note who has read.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client

# Views whose GET writes, and why. Names are those of the URL patterns.
WRITING_READS: dict[str, str] = {
    "account_confirm_login_code": "allauth keeps the state of a sign-in in the session",
    "account_request_login_code": "allauth keeps the state of a sign-in in the session",
    "admin:healthcode_foreignreport_change": "reading a person's record is noted (N4.2)",
    "admin:healthcode_laterecord_change": "reading a person's record is noted (N4.2)",
    "admin:healthcode_person_sheet": "printing a person's code is noted (N4.2)",
    "admin:healthcode_person_change": "reading a person's record is noted (N4.2)",
    "admin:healthcode_evidencerecord_change": "reading a person's record is noted (N4.2)",
    "admin:healthcode_decisionrecord_change": "reading a person's record is noted (N4.2)",
    "admin:healthcode_isolationcase_change": "reading a person's record is noted (N4.2)",
    "admin:healthcode_transfer_change": "reading a person's record is noted (N4.2)",
}
_READS = re.compile(
    r"\s*(SELECT|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT|SHOW|EXPLAIN|FETCH)\b", re.IGNORECASE
)
_LOCKS = re.compile(r"\bFOR (NO KEY )?UPDATE\b", re.IGNORECASE)
_RAW = re.compile(r"\{\{|\{%|\{#")


class Faults(HTMLParser):
    """Collects what a page must not hold."""

    def __init__(self) -> None:
        """Begin with a page without faults."""
        super().__init__()
        self.found: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag's name and attributes."""
        if tag == "style":
            self.found.append("<style>")
        if tag == "script":
            # A block of data is no script: browsers neither run it nor does the policy stop it.
            self.in_script = dict(attrs).get("type") != "application/json"
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.found.append(f"<{tag} {name}=…>")
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"<{tag} {name}=javascript:…>")

    def handle_endtag(self, tag: str) -> None:
        """Leave a script."""
        if tag == "script":
            self.in_script = False

    def handle_data(self, data: str) -> None:
        """Look at text: inside a script there may be none."""
        if self.in_script and data.strip():
            self.found.append(f"inline script: {data.strip()[:40]}")


def page_faults(response: HttpResponseBase) -> list[str]:
    """Return what is wrong with a response as a page; nothing for what is no HTML."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    if not is_page or not isinstance(response, HttpResponse):
        return []
    text = response.content.decode(response.charset)
    if not text.strip():
        return []
    faults = Faults()
    faults.feed(text)
    found = list(faults.found)
    found += [f"not rendered: {text[m.start() : m.start() + 40]!r}" for m in _RAW.finditer(text)]
    if "Content-Security-Policy" not in response.headers:
        found.append("no Content-Security-Policy header")
    return found


def is_read(sql: str) -> bool:
    """Tell whether a statement only reads, without taking a lock."""
    return bool(_READS.match(sql)) and not _LOCKS.search(sql)


@contextmanager
def statements_noted() -> Iterator[list[str]]:
    """Give a list that fills with the statements which run meanwhile."""
    noted: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        noted.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield noted


class StrictClient(Client):
    """``django.test.Client`` that raises ``AssertionError`` for a page or a read that breaks a promise."""

    def request(self, **request: Any) -> Any:
        """Make one request and look at what came of it."""
        with statements_noted() as noted:
            response = super().request(**request)
        where = f"{request['REQUEST_METHOD']} {request['PATH_INFO']}"
        faults = page_faults(response)
        assert not faults, f"{where}: {faults}"
        match = getattr(response, "resolver_match", None)
        name = match.view_name if match else ""
        if request["REQUEST_METHOD"] in ("GET", "HEAD") and name not in WRITING_READS:
            writes = [sql for sql in noted if not is_read(sql)]
            assert not writes, f"{where} ({name}) may only SELECT: {writes}"
        return response
