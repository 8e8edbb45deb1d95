"""Importing in the back office: tried out without a trace, confirmed as it was shown, once, and then destroyed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from healthcode.access import NotPermitted
from healthcode.domain.masking import mask_number
from healthcode.models import (
    Account,
    Alarm,
    AuditEntry,
    DecisionRecord,
    EvidenceBatch,
    EvidenceRecord,
    EvidenceUpload,
    HeldBatch,
    Outbox,
    Person,
    Source,
)
from healthcode.services.errors import Refused
from healthcode.services.uploads import (
    File,
    Held,
    Turn,
    confirm_upload,
    destroy_uploads,
    read_preview,
    upload_evidence,
)
from tests.healthcode.at_once import at_once
from tests.healthcode.file_kit import HEADER, contact, csv_bytes, csv_file, digest_of, row, xlsx_bytes
from tests.people import CITIZEN, OUTSIDER, Member, fact, person_of, record, status, stranger

HOUR = timedelta(hours=1)
WRITTEN = (EvidenceRecord, EvidenceBatch, DecisionRecord, Person, Outbox, HeldBatch, Alarm)


@pytest.fixture
def health(sources: dict[str, Source]) -> Source:
    return sources["zj-health"]


@pytest.fixture
def upload(health: Source, citizen: Account, reviewer: Account, at: datetime) -> EvidenceUpload:
    """A file that turns the citizen red, waiting to be confirmed."""
    return upload_evidence(by=reviewer, source=health, file=csv_file(row("1", result="阳性")), at=at)


def confirm(upload: EvidenceUpload, by: Account, at: datetime, digest: str = "") -> EvidenceUpload:
    return confirm_upload(by=by, upload=upload, digest=digest or digest_of(upload), countries={}, at=at)


def masked(member: Member) -> str:
    return mask_number(member.document.type, member.document.number)


def counted() -> list[int]:
    return [model._default_manager.count() for model in WRITTEN]


def test_trying_out_leaves_no_trace(health: Source, citizen: Account, reviewer: Account, at: datetime) -> None:
    before = counted()
    rows = [row("1", result="阳性"), row("2", stranger(1).document.number, name="陈一"), row("3", "no")]
    upload_evidence(by=reviewer, source=health, file=csv_file(*rows), at=at)
    assert counted() == before
    assert status(person_of(citizen), at).colour == "green"


def test_a_preview_says_what_the_file_would_do(
    health: Source, citizen: Account, reviewer: Account, at: datetime
) -> None:
    record(person_of(citizen), fact("nat_result", "07-07T09:00", result="negative", name="0"), at=at, source=health)
    rows = [row("0"), row("1", result="阳性"), row("2", stranger(1).document.number, "阳性", "陈一"), row("3", "no")]
    preview = read_preview(upload_evidence(by=reviewer, source=health, file=csv_file(*rows), at=at))
    assert (preview.new, preview.duplicate, preview.refused, preview.held, preview.turned) == (2, 1, 1, 0, 2)
    assert set(preview.turns) == {
        Turn("王*明", masked(CITIZEN), "green", "red"),
        Turn("陈*", masked(stranger(1)), "", "red"),
    }
    assert [(fault.line, fault.column, fault.code) for fault in preview.faults] == [(5, "证件号码", "wrong_length")]


def test_a_preview_says_what_an_alarm_would_hold(health: Source, reviewer: Account, at: datetime) -> None:
    rows = [[*contact(str(n), n)] for n in range(40)]
    health.category = "police"
    health.save(update_fields=["category"])
    preview = read_preview(upload_evidence(by=reviewer, source=health, file=csv_file(*rows), at=at))
    assert (preview.new, preview.held, preview.turned) == (0, 40, 0)
    assert preview.alarms == [Held("no_epidemiology", 40, 40, "")]


def test_whose_codes_turn_elsewhere_is_not_told(
    health: Source, citizen: Account, reviewer: Account, at: datetime
) -> None:
    Person.objects.filter(account=citizen).update(stay_code="310101", residence_code="310101")
    preview = read_preview(upload_evidence(by=reviewer, source=health, file=csv_file(row("1", result="阳性")), at=at))
    assert (preview.turned, preview.elsewhere, list(preview.turns)) == (1, 1, [])


def test_whose_codes_are_shown_is_noted(upload: EvidenceUpload, citizen: Account, reviewer: Account) -> None:
    note = AuditEntry.objects.get(action="read_person", actor=reviewer)
    assert (note.person, note.detail) == (person_of(citizen), {"purpose": "import_preview"})


def test_the_file_lies_sealed(upload: EvidenceUpload) -> None:
    kept = bytes(upload.content_sealed or b"") + bytes(upload.preview_sealed or b"")
    for words in (CITIZEN.document.number, CITIZEN.name, "阳性"):
        assert words.encode() not in kept
    assert "王".encode() not in kept


def test_confirmed_it_is_recorded_and_destroyed(
    upload: EvidenceUpload, citizen: Account, reviewer: Account, at: datetime
) -> None:
    done = confirm(upload, reviewer, at + timedelta(minutes=5))
    assert status(person_of(citizen), at + HOUR).colour == "red"
    assert (done.batch, done.counts["new"]) == (EvidenceBatch.objects.get(), 1)
    assert (done.content_sealed, done.preview_sealed) == (None, None)
    assert EvidenceRecord.objects.get(batch=done.batch).recorded_by == reviewer


def test_confirmed_twice_it_is_recorded_once(upload: EvidenceUpload, reviewer: Account, at: datetime) -> None:
    digest = digest_of(upload)
    first, second = (confirm(upload, reviewer, at, digest) for _time in range(2))
    assert first.batch == second.batch
    assert EvidenceRecord.objects.filter(kind="nat_result").count() == 1


def test_an_import_that_an_alarm_holds_is_confirmed_as_held(health: Source, reviewer: Account, at: datetime) -> None:
    Source.objects.filter(pk=health.pk).update(category="police")
    health.refresh_from_db()
    rows = [contact(str(n), n) for n in range(40)]
    done = confirm(upload_evidence(by=reviewer, source=health, file=csv_file(*rows), at=at), reviewer, at)
    assert (done.counts["new"], done.counts["held"]) == (0, 40)
    assert (HeldBatch.objects.get().batch, EvidenceRecord.objects.count()) == (done.batch, 0)


def test_another_digest_records_nothing(upload: EvidenceUpload, reviewer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="preview_differs"):
        confirm(upload, reviewer, at, "0" * 64)
    assert not EvidenceRecord.objects.exists()


def test_what_would_by_now_be_otherwise_is_shown_anew(
    upload: EvidenceUpload, health: Source, citizen: Account, reviewer: Account, at: datetime
) -> None:
    old = digest_of(upload)
    record(person_of(citizen), fact("nat_result", "07-07T09:00", result="negative", name="1"), at=at, source=health)
    with pytest.raises(Refused, match="preview_differs"):
        confirm(upload, reviewer, at, old)
    assert EvidenceRecord.objects.count() == 1
    upload.refresh_from_db()
    assert [fault.code for fault in read_preview(upload).faults] == ["number_taken"]
    assert confirm(upload, reviewer, at).counts["refused"] == 1


def test_after_an_hour_it_is_too_late(upload: EvidenceUpload, reviewer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="upload_expired"):
        confirm(upload, reviewer, at + HOUR)


def test_another_officer_does_not_confirm_it(upload: EvidenceUpload, colleague: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="upload_expired"):
        confirm(upload, colleague, at)


@pytest.mark.parametrize("who", ["officer", "auditor", "operator", "administrator", "supervisor"])
def test_nobody_else_imports(who: str, health: Source, at: datetime, request: pytest.FixtureRequest) -> None:
    with pytest.raises(NotPermitted):
        upload_evidence(by=request.getfixturevalue(who), source=health, file=csv_file(row("1")), at=at)


def test_a_file_too_long_for_a_preview_is_refused(
    health: Source, reviewer: Account, at: datetime, settings: Settings
) -> None:
    settings.HC_PREVIEW_ROWS = 2
    with pytest.raises(Refused, match="file_too_long"):
        upload_evidence(by=reviewer, source=health, file=csv_file(*[row(str(n)) for n in range(3)]), at=at)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"x" * (2 * 1024 * 1024 + 1), "upload_too_large"), (csv_bytes(["x" * 200_000]), "file_unreadable")],
)
def test_a_file_that_cannot_be_shown_is_refused(
    data: bytes, code: str, health: Source, reviewer: Account, at: datetime
) -> None:
    with pytest.raises(Refused, match=code):
        upload_evidence(by=reviewer, source=health, file=File("rows.csv", data, {}), at=at)


def test_a_workbook_is_imported(health: Source, citizen: Account, reviewer: Account, at: datetime) -> None:
    cells: list[Any] = [*row("1", result="阳性")[:5], "2020/7/7 9:00", "阳性"]
    file = File("rows.xlsx", xlsx_bytes(cells, row("2", "=A1"), header=HEADER), {})
    preview = read_preview(upload_evidence(by=reviewer, source=health, file=file, at=at))
    assert (preview.new, preview.turned) == (1, 1)
    assert [(fault.line, fault.column, fault.code) for fault in preview.faults] == [(3, "证件号码", "formula")]


def test_files_nobody_confirms_are_destroyed(upload: EvidenceUpload, at: datetime) -> None:
    assert destroy_uploads(by=None, at=at + HOUR - timedelta(seconds=1)) == 0
    assert destroy_uploads(by=None, at=at + HOUR) == 1
    assert not EvidenceUpload.objects.exists()
    assert AuditEntry.objects.get(action="destroy_uploads").detail == {"uploads": 1}


def test_what_is_noted_of_confirmed_ones_goes_after_a_day(
    upload: EvidenceUpload, reviewer: Account, at: datetime
) -> None:
    confirm(upload, reviewer, at)
    assert destroy_uploads(by=None, at=at + 24 * HOUR) == 0
    assert destroy_uploads(by=None, at=at + 25 * HOUR) == 1


def test_a_confirmed_upload_stays_as_it_is(upload: EvidenceUpload, reviewer: Account, at: datetime) -> None:
    confirm(upload, reviewer, at)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        EvidenceUpload.objects.update(counts={})


def test_a_file_may_name_somebody_of_nowhere(health: Source, reviewer: Account, at: datetime) -> None:
    done = confirm(
        upload_evidence(
            by=reviewer,
            source=health,
            file=csv_file(row("1", OUTSIDER.document.number, "阳性", "赵大勇")),
            at=at,
        ),
        reviewer,
        at,
    )
    assert done.counts["new"] == 1


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_record_once(upload: EvidenceUpload, reviewer: Account, at: datetime) -> None:
    digest = digest_of(upload)
    first, second = at_once(*[lambda: confirm(upload, reviewer, at, digest)] * 2)
    assert first.batch == second.batch
    assert (EvidenceRecord.objects.count(), EvidenceBatch.objects.count()) == (1, 1)
