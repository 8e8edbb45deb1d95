"""Recording evidence: one transaction, each number once, corrections by retraction."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.domain.evidence import Evidence, Kind
from healthcode.models import Account, AuditEntry, DecisionRecord, EvidenceBatch, EvidenceRecord, Outbox, Source
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch, record_evidence, retract_evidence
from tests.people import current, fact, person_of, record, source_for, status, strangers

HOUR = timedelta(hours=1)


def test_a_contact_turns_the_code_red(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    assert status(person_of(citizen), at).colour is Colour.RED


def test_a_record_keeps_what_was_said(citizen: Account, officer: Account, sources: dict[str, Source]) -> None:
    said = fact("isolation_order", "07-08T08:00", until="07-20", mode="home", document="文 7 号", name="DOC-7")
    done = record_evidence(
        by=officer, source=sources["zj-health"], person=person_of(citizen), evidence=said, at=said.at + HOUR
    )
    stored = EvidenceRecord.objects.select_related("source", "retracts").get(pk=done.records[0].pk)
    assert (stored.source_ref, stored.recorded_by, stored.kind) == ("DOC-7", officer, Kind.ISOLATION_ORDER)
    assert stored.as_domain().until == said.until
    assert stored.as_domain().detail == said.detail


def test_the_record_is_audited_for_who_and_whom(citizen: Account, officer: Account, at: datetime) -> None:
    source = source_for("close_contact")
    said = fact("close_contact", "07-05T10:00")
    done = record_evidence(by=officer, source=source, person=person_of(citizen), evidence=said, at=at)
    entry = AuditEntry.objects.get(action="record_evidence")
    assert (entry.actor, entry.person, entry.at) == (officer, person_of(citizen), at)
    assert entry.detail == {"evidence": str(done.records[0].public_id), "kind": "close_contact"}


def test_a_feed_is_named_in_the_audit_by_its_source(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    assert AuditEntry.objects.get(action="record_evidence").actor_label == source_for("close_contact").code


def test_the_same_number_again_changes_nothing(citizen: Account, at: datetime) -> None:
    said = fact("close_contact", "07-05T10:00")
    record(person_of(citizen), said, at=at)
    before = (AuditEntry.objects.count(), DecisionRecord.objects.count())
    again = record(person_of(citizen), said, at=at + HOUR)
    assert (again.records, again.duplicates, again.decisions) == ([], 1, [])
    assert (AuditEntry.objects.count(), DecisionRecord.objects.count()) == before


def test_a_number_twice_in_one_batch_is_one_record(citizen: Account, at: datetime) -> None:
    said = fact("close_contact", "07-05T10:00")
    done = record(person_of(citizen), said, said, at=at)
    assert (len(done.records), done.duplicates) == (1, 1)


def test_two_sources_may_use_one_number(citizen: Account, sources: dict[str, Source], at: datetime) -> None:
    said = fact("close_contact", "07-05T10:00")
    for code in ("zj-health", "national"):
        record(person_of(citizen), said, at=at, source=sources[code])
    assert EvidenceRecord.objects.filter(source_ref=said.id).count() == 2


def test_what_changes_nothing_gives_no_decision(citizen: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("arrival", "07-05T10:00"), at=at)
    assert (len(done.records), done.decisions) == (1, [])


def test_a_person_is_told_once_that_the_colour_changed(citizen: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    told = Outbox.objects.filter(topic="colour_changed")
    assert [row.dedupe_key for row in told] == [f"colour:{done.decisions[0].public_id}"]


def test_a_new_ground_of_the_same_colour_tells_nothing(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    record(person_of(citizen), fact("close_contact", "07-06T10:00"), at=at + HOUR)
    assert DecisionRecord.objects.filter(person=person_of(citizen)).count() == 3
    assert Outbox.objects.filter(topic="colour_changed").count() == 1


def test_a_batch_keeps_its_name(citizen: Account, at: datetime) -> None:
    source = source_for("close_contact")
    batch = EvidenceBatch.objects.create(source=source, name="0708.csv", received_at=at)
    rows = [NewEvidence(person_of(citizen).pk, fact("close_contact", "07-05T10:00"))]
    record_batch(by=None, source=source, rows=rows, at=at, batch=batch)
    assert EvidenceRecord.objects.get(batch=batch).source_ref == rows[0].evidence.id


def test_a_batch_of_many_people_takes_as_many_queries_as_one_of_two(sources: dict[str, Source], at: datetime) -> None:
    people = strangers(9)
    counts = []
    for some in (people[:2], people[2:]):
        rows = [NewEvidence(person.pk, fact("close_contact", "07-05T10:00")) for person in some]
        with CaptureQueriesContext(connection) as queries:
            record_batch(by=None, source=sources["zj-health"], rows=rows, at=at)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (fact("overseas_entry", "07-05T10:00"), "source_may_not_assert"),
        (fact("close_contact", "07-05T10:00", recorded_at="07-08T12:01"), "recorded_in_future"),
        (fact("close_contact", "07-08T12:01", recorded_at="07-08T12:01"), "recorded_in_future"),
        (fact("arrival", "07-08T11:00", retracts="nothing"), "source_may_not_assert"),
        (fact("close_contact", "07-05T10:00", retracts="nothing"), "not_a_retraction"),
        (fact("retraction", "07-08T11:00", retracts="nothing"), "reason_required"),
        (fact("retraction", "07-08T11:00", retracts="nothing", reason="错"), "unknown_retracted"),
        (fact("release", "07-08T11:00", of=["nothing"], stage="all", document="文"), "unknown_released"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_a_record_that_may_not_be_is_refused(
    citizen: Account, sources: dict[str, Source], at: datetime, said: Evidence, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        record(person_of(citizen), said, at=at, source=sources["zj-health"])
    assert refusal.value.code == code
    assert EvidenceRecord.objects.count() == 0


def test_a_fact_is_not_recorded_before_it_happens(citizen: Account, at: datetime) -> None:
    early = replace(fact("close_contact", "07-09T10:00"), recorded_at=at)
    with pytest.raises(Refused, match="event_in_future"):
        record(person_of(citizen), early, at=at)


@pytest.mark.parametrize("kind", ["discharge", "symptom_cleared"])
def test_what_ended_today_may_be_recorded_today(citizen: Account, at: datetime, kind: str) -> None:
    today = replace(fact(kind, "07-08"), recorded_at=at)
    assert record(person_of(citizen), today, at=at).records


def test_an_order_may_begin_after_it_is_recorded(citizen: Account, at: datetime) -> None:
    order = fact("isolation_order", "07-10T08:00", until="07-20", recorded_at="07-08T09:00", mode="home", document="文")
    record(person_of(citizen), order, at=at)
    assert status(person_of(citizen), at).becomes is Colour.RED


def test_an_officer_of_another_county_records_nothing(citizen: Account, other_officer: Account, at: datetime) -> None:
    said = fact("close_contact", "07-05T10:00")
    with pytest.raises(NotPermitted):
        record_evidence(
            by=other_officer, source=source_for("close_contact"), person=person_of(citizen), evidence=said, at=at
        )
    assert EvidenceRecord.objects.count() == 0


def test_a_refused_row_takes_the_whole_batch_along(citizen: Account, at: datetime) -> None:
    good, bad = fact("close_contact", "07-05T10:00"), fact("retraction", "07-08T11:00", retracts="x", reason="错")
    with pytest.raises(Refused):
        record(person_of(citizen), good, bad, at=at)
    assert (EvidenceRecord.objects.count(), status(person_of(citizen), at).colour) == (0, Colour.GREEN)


def test_retracting_gives_the_colour_back(citizen: Account, officer: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    retract_evidence(by=officer, record=done.records[0], reason=" 同名误报 ", at=at + HOUR)
    assert status(person_of(citizen), at + HOUR).colour is Colour.GREEN
    assert EvidenceRecord.objects.get(kind=Kind.RETRACTION).reason == "同名误报"


def test_retracting_is_in_the_audit_with_its_reason(citizen: Account, officer: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    retract_evidence(by=officer, record=done.records[0], reason="同名误报", at=at)
    assert AuditEntry.objects.filter(actor=officer, reason="同名误报").count() == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_retracting_wants_a_reason(citizen: Account, officer: Account, at: datetime, reason: str) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    with pytest.raises(Refused, match="reason_required"):
        retract_evidence(by=officer, record=done.records[0], reason=reason, at=at)


def test_a_record_is_retracted_once(citizen: Account, officer: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    retract_evidence(by=officer, record=done.records[0], reason="误报", at=at)
    with pytest.raises(Refused, match="already_retracted"):
        retract_evidence(by=officer, record=done.records[0], reason="误报", at=at)


def test_a_retraction_is_final(citizen: Account, officer: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    retraction = retract_evidence(by=officer, record=done.records[0], reason="误报", at=at).records[0]
    with pytest.raises(Refused, match="retraction_is_final"):
        retract_evidence(by=officer, record=retraction, reason="误报", at=at)


def test_a_feed_retracts_by_its_own_number(citizen: Account, at: datetime) -> None:
    said = fact("close_contact", "07-05T10:00")
    record(person_of(citizen), said, at=at)
    withdrawal = fact("retraction", "07-08T11:00", retracts=said.id, reason="误报")
    record(person_of(citizen), withdrawal, at=at, source=source_for("close_contact"))
    assert status(person_of(citizen), at).colour is Colour.GREEN


def test_one_batch_may_hold_a_record_and_its_retraction(citizen: Account, at: datetime) -> None:
    said = fact("close_contact", "07-05T10:00")
    withdrawal = fact("retraction", "07-08T11:00", retracts=said.id, reason="误报")
    done = record(person_of(citizen), withdrawal, said, at=at, source=source_for("close_contact"))
    assert len(done.records) == 2
    assert status(person_of(citizen), at).colour is Colour.GREEN


def test_nobody_retracts_another_persons_record(citizen: Account, outsider: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    withdrawal = fact("retraction", "07-08T11:00", retracts=str(done.records[0].public_id), reason="误报")
    with pytest.raises(Refused, match="unknown_retracted"):
        record(person_of(outsider), withdrawal, at=at, source=source_for("close_contact"))


@pytest.mark.parametrize("named", ["number", "public_id"])
def test_a_release_ends_what_it_names(citizen: Account, at: datetime, named: str) -> None:
    said = fact("close_contact", "07-05T10:00")
    done = record(person_of(citizen), said, at=at)
    name = said.id if named == "number" else str(done.records[0].public_id)
    release = fact("release", "07-08T11:00", of=[name], stage="all", document="文 9 号")
    record(person_of(citizen), release, at=at, source=source_for("close_contact"))
    assert status(person_of(citizen), at).colour is Colour.GREEN


def test_a_decision_says_what_led_to_it(citizen: Account, at: datetime) -> None:
    done = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    decision = current(person_of(citizen))
    assert (decision, decision.cause) == (done.decisions[0], "evidence")
    assert decision.grounds[0]["evidence"] == [str(done.records[0].public_id)]
