"""Outbreak areas (N1.4): three people of three bodies, each with a document, and pages that keep them apart."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from healthcode.access import NotPermitted
from healthcode.domain.attachments import MAX_BYTES
from healthcode.models import Account, AreaDesignation, AuditEntry, OutbreakDocument, OutbreakProposal
from healthcode.services.errors import Refused
from healthcode.services.outbreaks import (
    OutbreakPlace,
    Paper,
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


PDF = b"%PDF-1.4 not much of one"


def paper(number: str, content: bytes = PDF) -> Paper:
    """Return a document with its file."""
    return Paper(number, "../批复.exe", content)


def attached() -> SimpleUploadedFile:
    """Return a file as a browser sends it."""
    return SimpleUploadedFile("批复.pdf", PDF, "application/pdf")


@pytest.fixture
def proposal(reviewer: Account, at: datetime) -> OutbreakProposal:
    """The province proposes a market."""
    place = OutbreakPlace("110106", "丰台区新发地市场", ["新发地市场"])
    return propose_outbreak(by=reviewer, place=place, paper=paper("浙防办〔2020〕40号"), reason="聚集性疫情", at=at)


@pytest.fixture
def area(proposal: OutbreakProposal, commission: Account, leader: Account, at: datetime) -> AreaDesignation:
    """Assessed and consented to."""
    assessed = assess_outbreak(by=commission, proposal=proposal, paper=paper("浙卫〔2020〕8号"), at=at)
    return consent_outbreak(by=leader, proposal=assessed, paper=paper("浙领〔2020〕9号"), at=at)


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
    assess_outbreak(by=commission, proposal=proposal, paper=paper("浙卫〔2020〕8号"), at=at)
    assert status(person_of(citizen), at).colour == "green"
    consent_outbreak(by=leader, proposal=proposal, paper=paper("浙领〔2020〕9号"), at=at)
    assert status(person_of(citizen), at).colour == "red"


def test_consent_needs_the_assessment_first(proposal: OutbreakProposal, leader: Account, at: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        consent_outbreak(by=leader, proposal=proposal, paper=paper("浙领〔2020〕9号"), at=at)
    assert refusal.value.code == "not_assessed"
    assert not AreaDesignation.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "officer", "leader", "auditor", "operator", "administrator"])
def test_who_is_not_the_commission_does_not_assess(
    who: str, proposal: OutbreakProposal, at: datetime, request: Any
) -> None:
    with pytest.raises(NotPermitted):
        assess_outbreak(by=request.getfixturevalue(who), proposal=proposal, paper=paper("文"), at=at)


@pytest.mark.parametrize("who", ["reviewer", "officer", "commission", "auditor", "operator", "administrator"])
def test_who_is_not_the_leading_group_does_not_consent(
    who: str, proposal: OutbreakProposal, at: datetime, request: Any
) -> None:
    with pytest.raises(NotPermitted):
        consent_outbreak(by=request.getfixturevalue(who), proposal=proposal, paper=paper("文"), at=at)


@pytest.mark.parametrize("step", [assess_outbreak, consent_outbreak])
def test_every_step_needs_a_document(
    step: Any, proposal: OutbreakProposal, commission: Account, leader: Account, at: datetime
) -> None:
    by = commission if step is assess_outbreak else leader
    with pytest.raises(Refused) as refusal:
        step(by=by, proposal=proposal, paper=paper(" "), at=at)
    assert refusal.value.code == "document_required"


@pytest.mark.parametrize("step", [assess_outbreak, consent_outbreak])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_required"),
        (b"MZ not a document", "file_form_unknown"),
        (b"%PDF-" + b"x" * MAX_BYTES, "file_too_large"),
    ],
)
def test_every_step_needs_a_file(
    step: Any, content: bytes, code: str, proposal: OutbreakProposal, commission: Account, leader: Account, at: datetime
) -> None:
    by = commission if step is assess_outbreak else leader
    with pytest.raises(Refused) as refusal:
        step(by=by, proposal=proposal, paper=paper("文", content), at=at)
    assert refusal.value.code == code


def test_a_file_is_kept_as_it_is_under_a_plain_name(proposal: OutbreakProposal) -> None:
    file = OutbreakDocument.objects.get()
    assert (file.name, file.form, bytes(file.content), file.size) == ("批复.pdf", "application/pdf", PDF, len(PDF))
    assert AuditEntry.objects.filter(action="propose_outbreak", detail__file=file.sha256).exists()


def test_who_sees_the_proposal_gets_the_file(
    proposal: OutbreakProposal, commission: Account, officer: Account, sign_in: SignIn
) -> None:
    url = f"{page_url(proposal).removesuffix('change/')}file/{OutbreakDocument.objects.get().public_id}/"
    answer = sign_in(commission).get(url)
    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert sign_in(officer).get(url).status_code == 403
    assert (
        sign_in(commission).get(url.replace(str(OutbreakDocument.objects.get().public_id), str(uuid4()))).status_code
        == 404
    )


def test_a_step_without_its_file_is_not_taken_by_the_page(
    proposal: OutbreakProposal, commission: Account, sign_in: SignIn
) -> None:
    answer = sign_in(commission).post(page_url(proposal, "assess"), {"document": "文"})
    assert answer.context["form"].has_error("file", "required")
    assert OutbreakProposal.objects.get().assessed_at is None


def test_each_page_is_for_its_body(
    proposal: OutbreakProposal, reviewer: Account, commission: Account, leader: Account, sign_in: SignIn
) -> None:
    answers = [
        sign_in(who).post(page_url(proposal, verb), {"document": "浙〔2020〕1号", "file": attached()}).status_code
        for who, verb in [
            *((reviewer, "assess"), (leader, "assess"), (leader, "consent"), (commission, "assess")),
            *((commission, "consent"), (reviewer, "consent"), (leader, "consent"), (leader, "consent")),
        ]
    ]
    assert answers == [403, 403, 403, 302, 403, 403, 302, 403]
    assert AreaDesignation.objects.get().level == "outbreak"


def test_a_step_that_was_only_opened_is_not_called_wrong(
    proposal: OutbreakProposal, commission: Account, sign_in: SignIn
) -> None:
    assert not sign_in(commission).get(page_url(proposal, "assess")).context["form"].is_bound


def test_the_province_proposes_on_a_page(reviewer: Account, officer: Account, sign_in: SignIn, sources: object) -> None:
    page = reverse("admin:healthcode_outbreakproposal_add")
    assert sign_in(reviewer).get(page).status_code == 200
    assert sign_in(officer).get(page).status_code == 403
