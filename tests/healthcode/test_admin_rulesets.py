"""The pages on which rules come into force, as county and provincial staff use them (N3.1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from healthcode.domain.governance import RuleState
from healthcode.domain.rulesets import shipped_data
from healthcode.models import Account, RuleSetVersion, Simulation
from healthcode.services.simulations import run_simulation
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, words_of
from tests.healthcode.rules_kit import CODE, approved, drafted, office, proposed, scheduled

ADD = "/admin/healthcode/rulesetversion/add/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


def url(verb: str, code: str = CODE) -> str:
    """Return the address of an act on a version."""
    return reverse(f"admin:healthcode_rulesetversion_{verb}", args=[code])


def typed(browser: StrictClient, **changes: Any) -> dict[str, Any]:
    """Return what the form of a draft holds when it is opened, with these changes."""
    form = browser.get(ADD).context["form"]
    said = {name: form[name].value() for name in form.fields}
    return {**said, "code": CODE, "title_zh": "新规则", "title_en": "New rules", **changes}


def test_a_county_proposes_and_the_province_brings_it_into_force(
    officer: Account, sign_in: SignIn, at: datetime
) -> None:
    county, first, second = sign_in(officer), sign_in(office(1)), sign_in(office(2))
    assert county.post(ADD, typed(county, days_contact=21)).status_code == 302
    assert county.post(url("simulate")).status_code == 302
    run_simulation(at=at)
    assert county.post(url("propose"), {"reason": "潜伏期更长"}).status_code == 302
    seen = RuleSetVersion.objects.get(code=CODE).fingerprint
    for browser in (first, second):
        assert "潜伏期更长" in words_of(browser.get(url("change")))
        assert browser.post(url("approve"), {"seen": seen, "read": "on"}).status_code == 302
    assert first.post(url("schedule"), {"valid_from": "2020-07-10"}).status_code == 302
    version = RuleSetVersion.objects.get(code=CODE)
    assert (version.state, version.data["days"]["contact"]) == (RuleState.SCHEDULED, 21)


def test_a_version_words_every_clause_in_both_languages(officer: Account, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    browser.post(ADD, typed(browser, text_N1_3_zh="其余人员为绿码。", text_N1_3_en="All others are green."))
    texts = RuleSetVersion.objects.get(code=CODE).data["texts"]
    assert texts.pop("N1.3") == {"zh": "其余人员为绿码。", "en": "All others are green."}
    shipped: Any = shipped_data("zj-2020-109")["texts"]
    assert texts == {clause: words for clause, words in shipped.items() if clause != "N1.3"}


def test_a_draft_is_revised_by_its_author(officer: Account, sign_in: SignIn, at: datetime) -> None:
    drafted(officer, at)
    browser = sign_in(officer)
    form = browser.get(url("revise")).context["form"]
    said = {name: form[name].value() for name in form.fields}
    assert said["days_contact"] == 21
    assert browser.post(url("revise"), {**said, "days_contact": 10}).status_code == 302
    assert RuleSetVersion.objects.get(code=CODE).data["days"]["contact"] == 10


def test_a_draft_is_seen_by_nobody_else(
    officer: Account, other_officer: Account, sign_in: SignIn, at: datetime
) -> None:
    drafted(officer, at)
    assert sign_in(other_officer).get(url("change")).status_code == 404
    assert sign_in(office(1)).get(url("change")).status_code == 404


@pytest.mark.parametrize("verb", ["revise", "propose", "approve", "schedule", "withdraw", "simulate"])
def test_a_forged_post_of_another_county_is_refused(
    verb: str, officer: Account, other_officer: Account, sign_in: SignIn, at: datetime
) -> None:
    before = RuleSetVersion.objects.filter(pk=proposed(officer, at).pk).values().get()
    data = {"seen": before["fingerprint"], "read": "on", "reason": "因", "valid_from": "2020-07-10"}
    assert sign_in(other_officer).post(url(verb), data).status_code == 403
    assert RuleSetVersion.objects.filter(code=CODE).values().get() == before


@pytest.mark.parametrize("verb", ["revise", "withdraw", "schedule", "approve"])
def test_nobody_edits_what_is_in_force(verb: str, province: None, sign_in: SignIn) -> None:
    assert sign_in(office(1)).post(url(verb, "zj-2020-109"), {"reason": "因"}).status_code == 403


def test_an_approval_without_a_simulation_says_so(officer: Account, sign_in: SignIn, at: datetime) -> None:
    version = proposed(officer, at)
    Simulation.objects.all().delete()
    response = sign_in(office(1)).post(url("approve"), {"seen": version.fingerprint, "read": "on"})
    assert response.context["form"].has_error("__all__", "not_simulated")


def test_a_simulation_shows_its_progress(officer: Account, sign_in: SignIn, at: datetime) -> None:
    proposed(officer, at)
    simulation = Simulation.objects.get()
    response = sign_in(officer).get(reverse("admin:healthcode_simulation_change", args=[simulation.pk]))
    assert "100" in words_of(response)
    assert "<progress" in response.content.decode()
    assert sign_in(officer).get(list_url(Simulation)).status_code == 200


def test_the_public_change_log_names_versions_reasons_and_signature(
    officer: Account, client: StrictClient, at: datetime
) -> None:
    version = scheduled(officer, at, at + timedelta(days=2))
    words = words_of(client.get("/rules/"))
    for said in (CODE, "病例的潜伏期更长", version.fingerprint, version.signature, "zj-2020-109"):
        assert said in words
    assert "14 天 → 21 天" in words


def test_no_proposal_is_in_the_public_change_log(officer: Account, client: StrictClient, at: datetime) -> None:
    approved(officer, at)
    assert CODE not in words_of(client.get("/rules/"))
