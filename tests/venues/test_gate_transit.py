"""Somebody in a closed transfer shows as such at a gate (N2.2)."""

from datetime import datetime
from uuid import uuid4

import time_machine

from healthcode.models import Account
from healthcode.services.transfers import LegFields, add_leg, receive, start_transfer
from tests.healthcode.admin_kit import SignIn, words_of
from tests.people import code_of, fact, person_of, record
from venues.models import Guard

NOTE = "转运途中，封闭运送"


def test_a_verdict_says_that_the_person_is_in_transit(
    citizen: Account, officer: Account, gate_guard: Guard, sign_in: SignIn, at: datetime
) -> None:
    person, browser = person_of(citizen), sign_in(gate_guard.account)
    record(person, fact("close_contact", "07-05T10:00"), at=at)
    transfer = start_transfer(by=officer, person=person, way=("家", "酒店"), destination_division="330106", at=at)
    shown = []
    with time_machine.travel(at, tick=False):
        for leg in (None, LegFields("家", "酒店", "浙A1", "何科长", at, at)):
            if leg:
                add_leg(by=officer, transfer=transfer, leg=leg, at=at)
            sent = {"nonce": str(uuid4()), "code": code_of(citizen, at)}
            shown.append(NOTE in words_of(browser.post("/gate/scan/", sent, follow=True)))
        receive(by=officer, transfer=transfer, received_by="周医生", arrived_at=at, at=at)
        sent = {"nonce": str(uuid4()), "code": code_of(citizen, at)}
        shown.append(NOTE in words_of(browser.post("/gate/scan/", sent, follow=True)))
    assert shown == [False, True, False]
