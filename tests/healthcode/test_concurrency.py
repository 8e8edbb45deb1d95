"""Everything that may happen only once, tried twice at once on two real connections."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count

from healthcode import gateways
from healthcode.domain.colours import Colour
from healthcode.domain.instants import CHINA, parse_moment
from healthcode.models import (
    Account,
    AuditEntry,
    Cause,
    CodeKey,
    DecisionRecord,
    EvidenceRecord,
    Outbox,
    Person,
    Recolouring,
    Source,
)
from healthcode.services.conversions import convert_due
from healthcode.services.decisions import lock_people
from healthcode.services.declarations import Fever, declare
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch, retract_evidence
from healthcode.services.keys import SCOPES, rotate_code_keys
from healthcode.services.outbox import deliver_outbox
from healthcode.services.persons import (
    apply_for_code,
    claim_code,
    enrol_people,
    open_account,
    send_claim,
)
from tests.healthcode.at_once import at_once, behind_a_lock
from tests.healthcode.test_services_persons import wrong
from tests.people import (
    CITIZEN,
    JOINED,
    code_sent_to,
    current,
    fact,
    person_of,
    record,
    sign_up,
    source_for,
    status,
    stranger,
)

pytestmark = pytest.mark.django_db(transaction=True)

LIFTED = datetime(2020, 7, 19, 10, tzinfo=CHINA)
CONTACT = ("close_contact", "07-05T10:00")
DAY = timedelta(days=1)


def refusals(outcomes: list[Any]) -> Counter[str]:
    return Counter(outcome.code for outcome in outcomes if isinstance(outcome, Refused))


def recording(person: Person, *facts: Any, at: datetime) -> Callable[[], Any]:
    source = source_for(facts[0].kind)
    rows = [NewEvidence(person.pk, said) for said in facts]
    return partial(record_batch, by=None, source=source, rows=rows, at=at)


def crowd(number: int, at: datetime) -> list[Person]:
    """Enrol so many people and make them red until ``LIFTED``, in two batches."""
    people = enrol_people(by=None, applications=[stranger(n).application for n in range(1, number + 1)], at=JOINED)
    rows = [NewEvidence(person.pk, fact(*CONTACT)) for person in people]
    record_batch(by=None, source=source_for("close_contact"), rows=rows, at=at)
    return people


def test_one_record_sent_twice_is_stored_once(citizen: Account, at: datetime) -> None:
    person, said = person_of(citizen), fact(*CONTACT)
    outcomes = behind_a_lock([person], recording(person, said, at=at), recording(person, said, at=at))
    assert sorted((len(done.records), done.duplicates) for done in outcomes) == [(0, 1), (1, 0)]
    assert EvidenceRecord.objects.count() == 1
    assert DecisionRecord.objects.filter(person=person).count() == 2


def test_two_records_of_one_person_are_both_decided_on(citizen: Account, at: datetime) -> None:
    person = person_of(citizen)
    first, second = fact(*CONTACT), fact("symptom", "07-08T08:00", symptom="fever")
    behind_a_lock([person], recording(person, first, at=at), recording(person, second, at=at))
    assert DecisionRecord.objects.current().filter(person=person).count() == 1
    assert {ground.rule for ground in status(person, at).grounds} == {"close_contact", "fever"}


def test_batches_that_touch_the_same_people_do_not_deadlock(sources: dict[str, Source], at: datetime) -> None:
    people = enrol_people(by=None, applications=[stranger(n).application for n in range(1, 21)], at=JOINED)
    health = sources["zj-health"]

    def batch(order: list[Person]) -> Callable[[], Any]:
        rows = [NewEvidence(person.pk, fact(*CONTACT)) for person in order]
        return partial(record_batch, by=None, source=health, rows=rows, at=at)

    outcomes = at_once(*(batch(people if n % 2 else people[::-1]) for n in range(4)))
    assert [len(done.records) for done in outcomes] == [20] * 4


def test_one_record_is_retracted_once(citizen: Account, officer: Account, at: datetime) -> None:
    person = person_of(citizen)
    stored = record(person, fact(*CONTACT), at=at).records[0]
    retract = partial(retract_evidence, by=officer, record=stored, reason="误报", at=at)
    assert refusals(behind_a_lock([person], retract, retract)) == {"already_retracted": 1}
    assert EvidenceRecord.objects.filter(kind="retraction").count() == 1


def test_two_applications_for_one_document_make_one_person(sources: dict[str, Source], at: datetime) -> None:
    accounts = [sign_up(stranger(n)) for n in (1, 2, 3)]
    outcomes = at_once(*(partial(apply_for_code, by=a, application=CITIZEN.application, at=at) for a in accounts))
    assert refusals(outcomes) == {"held_by_another": 2}
    assert Person.objects.count() == 1
    assert DecisionRecord.objects.count() == 1


def test_one_account_applying_twice_at_once_has_one_code(sources: dict[str, Source], at: datetime) -> None:
    account = sign_up(CITIZEN)
    apply = partial(apply_for_code, by=account, application=CITIZEN.application, at=at)
    outcomes = at_once(apply, apply)
    assert outcomes[0] == outcomes[1] == Person.objects.get()
    assert Outbox.objects.filter(topic="code_issued").count() == 1


def test_one_account_gets_the_code_of_one_of_two_people(sources: dict[str, Source], at: datetime) -> None:
    account = sign_up(CITIZEN)
    applications = [stranger(n).application for n in (1, 2)]
    outcomes = at_once(*(partial(apply_for_code, by=account, application=a, at=at) for a in applications))
    assert refusals(outcomes) == {"account_has_code": 1}
    assert Person.objects.count() == 1


def test_a_phone_that_asks_twice_opens_one_account(province: None, at: datetime) -> None:
    outcomes = at_once(*[partial(open_account, phone=CITIZEN.phone, at=at)] * 4)
    assert set(outcomes) == {Account.objects.get()}
    assert AuditEntry.objects.filter(action="open_account").count() == 1


def test_a_form_sent_twice_at_once_is_one_declaration(citizen: Account, at: datetime) -> None:
    person = person_of(citizen)
    said = [Fever(parse_moment("2020-07-08T08:00"))]
    submit = partial(declare, by=citizen, person=person, said=said, form_id="f", at=at)
    outcomes = behind_a_lock([person], submit, submit)
    assert sorted(done.duplicates for done in outcomes) == [0, 1]
    assert EvidenceRecord.objects.count() == 1


# --- conversions ------------------------------------------------------------------------------------------


def test_two_sweeps_convert_each_person_once(sources: dict[str, Source], at: datetime) -> None:
    crowd(200, at)
    sweep = partial(convert_due, at=LIFTED, batch=7)
    assert sum(at_once(sweep, sweep)) == 200
    per_person = Person.objects.annotate(turns=Count("decisions")).values_list("turns", flat=True)
    assert set(per_person) == {3}
    assert DecisionRecord.objects.current().filter(colour=Colour.GREEN).count() == 200
    converted = AuditEntry.objects.filter(actor_label="conversion").values_list("person_id", flat=True)
    assert (len(converted), len(set(converted))) == (200, 200)
    assert Outbox.objects.filter(topic="colour_changed").count() == 400


def test_a_sweep_passes_over_whom_somebody_holds(sources: dict[str, Source], at: datetime) -> None:
    people = crowd(30, at)
    held = sorted(person.pk for person in people)[:20]
    with transaction.atomic():
        lock_people(held)
        assert at_once(partial(convert_due, at=LIFTED, batch=5)) == [10]
    assert convert_due(at=LIFTED, batch=5) == 20


@pytest.mark.parametrize("later", [timedelta(0), DAY], ids=["at the turn", "a day later"])
def test_evidence_that_races_with_the_sweep_wins(citizen: Account, at: datetime, later: timedelta) -> None:
    person = person_of(citizen)
    record(person, fact(*CONTACT), at=at)
    now = LIFTED + later
    fever = fact("symptom", "07-19T09:00", symptom="fever")
    outcomes = at_once(recording(person, fever, at=now), partial(convert_due, at=now), partial(convert_due, at=now))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert DecisionRecord.objects.current().filter(person=person).count() == 1
    assert (current(person).colour, status(person, now).colour) == (Colour.YELLOW, Colour.YELLOW)


def test_a_sweep_after_the_claim_was_decided_anew_converts_nothing(citizen: Account, at: datetime) -> None:
    person = person_of(citizen)
    record(person, fact(*CONTACT), at=at)
    with transaction.atomic():
        record(person, fact("close_contact", "07-19T09:00"), at=LIFTED)
        assert at_once(partial(convert_due, at=LIFTED)) == [0]
    assert convert_due(at=LIFTED) == 0
    assert status(person, LIFTED).colour is Colour.RED


def test_whom_a_recolouring_takes_over_after_the_claim_is_left_to_it(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact(*CONTACT), at=at)

    def take_over() -> None:
        Recolouring.objects.create(cause=Cause.AREAS, effective_at=LIFTED, created_at=LIFTED)

    def after_the_claim(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "FOR NO KEY UPDATE" in sql and not Recolouring.objects.exists():
            at_once(take_over)
        return result

    with connection.execute_wrapper(after_the_claim):
        assert convert_due(at=LIFTED) == 0
    assert current(person_of(citizen)).cause == Cause.EVIDENCE


# --- messages ---------------------------------------------------------------------------------------------


class CountingSms:
    """A gateway that counts how often it was told to send each message."""

    def __init__(self) -> None:
        """Begin with none."""
        self.sent: Counter[str] = Counter()

    def send(self, *, phone: str, text: str, reference: str, at: datetime) -> None:
        """Take a message."""
        self.sent[reference] += 1


def test_two_workers_send_each_message_once(
    sources: dict[str, Source], at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = CountingSms()
    monkeypatch.setattr(gateways, "sms", lambda: gateway)
    crowd(60, at)
    deliver = partial(deliver_outbox, at=at)
    assert sum(at_once(deliver, deliver, deliver)) == 60
    assert (len(gateway.sent), set(gateway.sent.values())) == (60, {1})


def test_a_worker_passes_over_a_message_that_another_sends(sources: dict[str, Source], at: datetime) -> None:
    crowd(3, at)
    with transaction.atomic():
        Outbox.objects.select_for_update().order_by("due_at", "id")[0]
        assert at_once(partial(deliver_outbox, at=at)) == [2]
    assert deliver_outbox(at=at) == 1


# --- one-time codes ---------------------------------------------------------------------------------------


@pytest.fixture
def claim(citizen: Account, newcomer: Account, at: datetime) -> str:
    """The digits that reached the first phone, for ``newcomer`` to type."""
    send_claim(by=newcomer, application=CITIZEN.application, at=at)
    return code_sent_to(CITIZEN.phone)


def test_guesses_at_once_are_counted_one_by_one(citizen: Account, newcomer: Account, claim: str, at: datetime) -> None:
    guess = partial(claim_code, by=newcomer, code=wrong(claim), at=at)
    assert refusals(at_once(*[guess] * 8)) == {"wrong_code": 2, "claim_expired": 6}
    assert refusals(at_once(partial(claim_code, by=newcomer, code=claim, at=at))) == {"claim_expired": 1}
    assert person_of(citizen).account == citizen


def test_the_right_digits_typed_twice_at_once_move_the_code_once(newcomer: Account, claim: str, at: datetime) -> None:
    right = partial(claim_code, by=newcomer, code=claim, at=at)
    assert refusals(at_once(right, right)) == {"claim_expired": 1}
    assert AuditEntry.objects.filter(action="claim_code").count() == 1


def test_two_first_set_ups_at_once_make_one_key_a_scope(at: datetime) -> None:
    make = partial(rotate_code_keys, by=None, at=at)
    assert sorted(len(made) for made in at_once(make, make)) == [0, 2 * len(SCOPES)]
    assert CodeKey.objects.count() == 2 * len(SCOPES)
