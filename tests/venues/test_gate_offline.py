"""What a guard's phone keeps: a page about nobody, a written list of files, a manifest, a signed policy."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Kind, Reason, TokenColour, Verdict
from healthcode.domain.tokens.documents import read_document
from healthcode.models import Account
from healthcode.services.publishing import ensure_publisher, forget_publisher, root_public_key
from tests.client import StrictClient
from tests.people import code_of
from tests.project_kit import ROOT
from tests.venues.kit import scan
from venues.domain.policy import DOCUMENT, Category, colour_in_code, policy_table, rule_offline, rule_passage
from venues.models import Guard
from venues.services.places import dismiss_guard
from venues.services.policy import POLICY_TYPE, policy_document
from venues.views.offline import ASSETS, assets_version

SignIn = Callable[[Account], StrictClient]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def publishing(province: None, at: datetime) -> Iterator[None]:
    """A province whose root has certified a publisher."""
    forget_publisher()
    ensure_publisher(by=None, at=at)
    forget_publisher()
    yield
    forget_publisher()


def test_the_kept_page_is_the_same_for_everybody(
    citizen: Account, gate_guard: Guard, sign_in: SignIn, at: datetime
) -> None:
    scan(gate_guard, code_of(citizen, at), at)
    guard, stranger = (browser.get("/gate/offline/") for browser in (sign_in(gate_guard.account), Client()))
    without_number = re.compile(r'name="nonce" value="[0-9a-f-]+"')
    pages = [without_number.sub("", page.content.decode()) for page in (guard, stranger)]
    assert pages[0] == pages[1]
    assert "csrf" not in pages[0]
    assert not [secret for secret in ("王", gate_guard.venue.name) if secret in pages[0]]
    assert not stranger.cookies


def test_the_kept_page_has_a_panel_for_every_result(client: StrictClient, province: None) -> None:
    page = client.get("/gate/offline/").content.decode()
    rulings = [rule_passage(category, colour) for category in Category for colour in Colour]
    panels = set(re.findall(r'data-panel="([^"]+)"', page))
    assert {reason.value for reason in Reason if reason is not Reason.OK} <= panels
    assert {"document", "fallback"} <= panels
    assert {ruling.condition for ruling in rulings} == {panel.split(".")[0] for panel in panels if "." in panel}
    pictures = set(re.findall(r"icons\.svg#([\w-]+)", page))
    symbols = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/img/icons.svg").read_text()))
    assert pictures <= symbols


def test_the_worker_keeps_static_files_and_one_page(client: StrictClient) -> None:
    text = client.get("/gate/worker.js").content.decode()
    told = json.loads(text.removeprefix("self.GATE = ").partition(";\n")[0])
    assert told["shell"] == "/gate/offline/"
    assert told["version"] == assets_version()
    assert {path for path in told["assets"] if not path.startswith("/static/")} == set()
    assert len(told["assets"]) >= len(ASSETS)


def test_the_worker_may_run_and_no_policy_is_loosened_for_it(client: StrictClient) -> None:
    answer = client.get("/gate/worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    policy = answer.headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "unsafe" not in policy


def test_every_module_that_the_page_imports_is_kept() -> None:
    imported = re.compile(r'from "\./([\w/.-]+)"|from "\.\./([\w/.-]+)"')
    for name in (name for name in ASSETS if name.startswith("js/")):
        for here, above in imported.findall((ROOT / "static" / name).read_text()):
            assert (f"js/{here}" if here else above) in ASSETS


def test_the_manifest_installs_the_gate_and_nothing_else(client: StrictClient) -> None:
    found = json.loads(client.get("/gate/manifest.webmanifest").content)
    assert (found["scope"], found["start_url"], found["display"]) == ("/gate/", "/gate/", "standalone")
    assert {icon["sizes"] for icon in found["icons"]} == {"192x192", "512x512"}


def test_the_session_tells_whose_gate_it_is(gate_guard: Guard, citizen: Account, sign_in: SignIn, at: datetime) -> None:
    found = sign_in(gate_guard.account).get("/gate/session/").json()
    assert found["signed_in"]
    assert found["venue"] == {"id": str(gate_guard.venue.public_id), "name": "城西农贸市场", "category": "market"}
    for browser in (StrictClient(), sign_in(citizen)):
        assert browser.get("/gate/session/").json() == {"signed_in": False}
    dismiss_guard(by=None, guard=gate_guard, at=at)
    assert not sign_in(gate_guard.account).get("/gate/session/").json()["signed_in"]


# --- the policy ---------------------------------------------------------------------------------------------


def test_the_policy_is_published_signed(publishing: None, at: datetime) -> None:
    answer = Client().get("/.well-known/health-code-policy")
    payload = read_document(answer.content.decode(), typ=POLICY_TYPE, root=root_public_key(), at=at)
    assert payload["policies"] == policy_table()
    assert payload["exp"] - payload["iat"] == 48 * 3600
    assert payload["ruleset"] == "zj-2020-109"
    again = Client().get("/.well-known/health-code-policy", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_without_a_publisher_nothing_is_published(province: None) -> None:
    forget_publisher()
    assert Client().get("/.well-known/health-code-policy").status_code == 503


def test_without_rules_nothing_is_published(db: None) -> None:
    assert Client().get("/.well-known/health-code-policy").status_code == 503


def test_its_version_changes_with_the_table_alone(
    publishing: None, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version() -> str:
        text = policy_document(at).text
        return str(read_document(text, typ=POLICY_TYPE, root=root_public_key(), at=at)["version"])

    first = version()
    assert version() == first
    monkeypatch.setattr("venues.services.policy.policy_table", lambda: {"taxi": {}})
    assert version() != first


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("colour", Colour)
def test_the_table_says_what_the_policy_rules(category: Category, colour: Colour) -> None:
    ruling = rule_passage(category, colour)
    assert policy_table()[category][colour] == ruling._asdict()
    assert rule_offline(category, Kind.OWN_PHONE, colour) == ruling


@pytest.mark.parametrize("category", Category)
def test_paper_and_reserve_let_nobody_in_by_themselves(category: Category) -> None:
    assert policy_table()[category]["none"] == DOCUMENT._asdict()
    assert rule_offline(category, Kind.PAPER, colour_in_code(TokenColour.NONE)) == DOCUMENT
    assert rule_offline(category, Kind.RESERVE, colour_in_code(TokenColour.GREEN)) == DOCUMENT
    red = rule_offline(category, Kind.RESERVE, colour_in_code(TokenColour.RED))
    assert red == rule_passage(category, Colour.RED)
    assert red.verdict is not Verdict.PASS
