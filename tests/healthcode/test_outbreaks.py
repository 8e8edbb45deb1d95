"""Outbreak areas (N1.4): three people of three bodies, each with a document, and pages that keep them apart."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from healthcode.access import NotPermitted
from healthcode.models import Account, AreaDesignation, OutbreakProposal
from healthcode.services.errors import Refused
from healthcode.services.outbreaks import (
    OutbreakPlace,
    assess_outbreak,
    consent_outbreak,
    end_outbreak,
    propose_outbreak,
)
from healthcode.services.recolouring import run_recolouring
from tests.healthcode.admin_kit import SignIn, page_url
from tests.people import fact, person_of, record, status

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def proposal(reviewer: Account, at: datetime) -> OutbreakProposal:
    """The province proposes a market."""
    place = OutbreakPlace("110106", "丰台区新发地市场", ["新发地市场"])
    return propose_outbreak(by=reviewer, place=place, document="浙防办〔2020〕40号", reason="聚集性疫情", at=at)


@pytest.fixture
def area(proposal: OutbreakProposal, commission: Account, leader: Account, at: datetime) -> AreaDesignation:
    """Assessed and consented to."""
    assessed = assess_outbreak(by=commission, proposal=proposal, document="浙卫〔2020〕8号", at=at)
    return consent_outbreak(by=leader, proposal=assessed, document="浙领〔2020〕9号", at=at)


def test_the_area_reddens_who_stayed_there(
    citizen: Account, area: AreaDesignation, proposal: OutbreakProposal, leader: Account, at: datetime
) -> None:
    stay = fact("area_stay", "07-01", until="07-05", place="110106", community="新发地市场")
    record(person_of(citizen), stay, at=at)
    assert [ground.rule for ground in status(person_of(citizen), at).grounds] == ["outbreak_area"]
    end_outbreak(by=leader, proposal=proposal, reason="疫情结束", at=at + DAY)
    run_recolouring(at=at + DAY)
    assert status(person_of(citizen), at + DAY).colour == "green"


def test_consent_recolours_who_is_known_already(
    citizen: Account, proposal: OutbreakProposal, commission: Account, leader: Account, at: datetime
) -> None:
    stay = fact("area_stay", "07-01", until="07-05", place="110106", community="新发地市场")
    record(person_of(citizen), stay, at=at)
    assess_outbreak(by=commission, proposal=proposal, document="浙卫〔2020〕8号", at=at)
    assert status(person_of(citizen), at).colour == "green"
    consent_outbreak(by=leader, proposal=proposal, document="浙领〔2020〕9号", at=at)
    assert status(person_of(citizen), at).colour == "red"


def test_consent_needs_the_assessment_first(proposal: OutbreakProposal, leader: Account, at: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        consent_outbreak(by=leader, proposal=proposal, document="浙领〔2020〕9号", at=at)
    assert refusal.value.code == "not_assessed"
    assert not AreaDesignation.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "officer", "leader", "auditor", "operator", "administrator"])
def test_who_is_not_the_commission_does_not_assess(
    who: str, proposal: OutbreakProposal, at: datetime, request: Any
) -> None:
    with pytest.raises(NotPermitted):
        assess_outbreak(by=request.getfixturevalue(who), proposal=proposal, document="文", at=at)


@pytest.mark.parametrize("who", ["reviewer", "officer", "commission", "auditor", "operator", "administrator"])
def test_who_is_not_the_leading_group_does_not_consent(
    who: str, proposal: OutbreakProposal, at: datetime, request: Any
) -> None:
    with pytest.raises(NotPermitted):
        consent_outbreak(by=request.getfixturevalue(who), proposal=proposal, document="文", at=at)


@pytest.mark.parametrize("step", [assess_outbreak, consent_outbreak])
def test_every_step_needs_a_document(
    step: Any, proposal: OutbreakProposal, commission: Account, leader: Account, at: datetime
) -> None:
    by = commission if step is assess_outbreak else leader
    with pytest.raises(Refused) as refusal:
        step(by=by, proposal=proposal, document=" ", at=at)
    assert refusal.value.code == "document_required"


def test_each_page_is_for_its_body(
    proposal: OutbreakProposal, reviewer: Account, commission: Account, leader: Account, sign_in: SignIn
) -> None:
    answers = [
        sign_in(who).post(page_url(proposal, verb), {"document": "浙〔2020〕1号"}).status_code
        for who, verb in [
            *((reviewer, "assess"), (leader, "assess"), (leader, "consent"), (commission, "assess")),
            *((commission, "consent"), (reviewer, "consent"), (leader, "consent"), (leader, "consent")),
        ]
    ]
    assert answers == [403, 403, 403, 302, 403, 403, 302, 403]
    assert AreaDesignation.objects.get().level == "outbreak"


def test_the_province_proposes_on_a_page(reviewer: Account, officer: Account, sign_in: SignIn, sources: object) -> None:
    page = reverse("admin:healthcode_outbreakproposal_add")
    assert sign_in(reviewer).get(page).status_code == 200
    assert sign_in(officer).get(page).status_code == 403
