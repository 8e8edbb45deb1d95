"""Codes on paper: printed, read back, taken back, and taken back by themselves when the colour turns."""

import base64
import re
import zlib
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import zxingcpp
from django.conf import settings
from PIL import Image

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.domain.paper_sheet import MISSING, SheetSize, printable
from healthcode.domain.tokens import Kind, Reason, TokenColour
from healthcode.domain.tokens.envelope import read_token
from healthcode.models import Account, AuditEntry, CodeKey, Outbox, PaperCode, Person
from healthcode.services.codes import verify_code
from healthcode.services.errors import Refused
from healthcode.services.keys import forget_keys, withdraw_code_key
from healthcode.services.paper import (
    MAX_A_DAY,
    issue_paper_code,
    live_paper_code,
    replace_paper_codes,
    revoke_paper_code,
)
from healthcode.words.paper import FONT, paper_pdf, sheet_of
from tests.healthcode.at_once import at_once
from tests.people import code_of, fact, person_of, record

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def code(citizen: Account, at: datetime) -> PaperCode:
    """Her code on paper, printed by herself at noon."""
    return issue_paper_code(by=citizen, person=person_of(citizen), at=at)


def result(code: PaperCode, at: datetime) -> Reason:
    return verify_code(text=code.token, at=at).verified.result


def test_a_paper_code_is_its_holders_and_asks_for_the_document(code: PaperCode, citizen: Account, at: datetime) -> None:
    checked = verify_code(text=code.token, at=at + DAY)
    assert checked.verified.result is Reason.OK
    assert checked.asks_document
    assert checked.status is not None
    assert checked.status.person == person_of(citizen)
    assert not verify_code(text=code_of(citizen, at), at=at).asks_document


def test_it_tells_no_colour_and_the_gate_sees_todays(code: PaperCode, citizen: Account, at: datetime) -> None:
    assert read_token(code.token).claims.statement.colour is TokenColour.NONE
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at + SECOND)
    checked = verify_code(text=code.token, at=at + 2 * SECOND)
    assert checked.status is not None
    assert checked.status.colour is Colour.RED


def test_it_lives_fourteen_days(code: PaperCode, at: datetime) -> None:
    assert code.valid_until == at + 14 * DAY
    assert result(code, at + 14 * DAY - SECOND) is Reason.OK
    assert result(code, at + 14 * DAY + timedelta(minutes=1)) is Reason.EXPIRED


def test_a_new_one_takes_the_place_of_the_old(code: PaperCode, citizen: Account, at: datetime) -> None:
    newer = issue_paper_code(by=citizen, person=person_of(citizen), at=at + SECOND)
    code.refresh_from_db()
    assert (code.end, code.replaced_by, code.revoked_by) == ("replaced", newer, citizen)
    assert (result(code, at + 2 * SECOND), result(newer, at + 2 * SECOND)) == (Reason.REVOKED, Reason.OK)
    assert newer.index != code.index


def test_a_lost_one_is_taken_back_once(code: PaperCode, citizen: Account, at: datetime) -> None:
    revoke_paper_code(by=citizen, code=code, at=at + SECOND)
    assert result(code, at + SECOND) is Reason.REVOKED
    assert live_paper_code(person=person_of(citizen), at=at + SECOND) is None
    with pytest.raises(Refused, match="paper_ended"):
        revoke_paper_code(by=citizen, code=code, at=at + 2 * SECOND)


def test_five_a_day_are_enough(citizen: Account, at: datetime) -> None:
    for number in range(MAX_A_DAY):
        issue_paper_code(by=citizen, person=person_of(citizen), at=at + number * SECOND)
    with pytest.raises(Refused, match="too_many_papers"):
        issue_paper_code(by=citizen, person=person_of(citizen), at=at + timedelta(hours=1))
    tomorrow = at + DAY + SECOND
    assert result(issue_paper_code(by=citizen, person=person_of(citizen), at=tomorrow), tomorrow) is Reason.OK


def test_who_never_applied_has_no_paper(son: Person, at: datetime) -> None:
    with pytest.raises(Refused, match="no_code_yet"):
        issue_paper_code(by=None, person=son, at=at)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        *[("citizen", True), ("officer", True), ("reviewer", True)],
        *[("outsider", False), ("other_officer", False), ("auditor", False), ("operator", False)],
        ("administrator", False),
    ],
)
def test_who_may_print(citizen: Account, at: datetime, who: str, may: bool, request: pytest.FixtureRequest) -> None:
    account: Account = request.getfixturevalue(who)
    if may:
        assert issue_paper_code(by=account, person=person_of(citizen), at=at).issued_by == account
    else:
        with pytest.raises(NotPermitted):
            issue_paper_code(by=account, person=person_of(citizen), at=at)


def test_a_stranger_takes_nothing_back(code: PaperCode, outsider: Account, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        revoke_paper_code(by=outsider, code=code, at=at)


def test_each_act_is_written_down(code: PaperCode, citizen: Account, at: datetime) -> None:
    revoke_paper_code(by=citizen, code=code, at=at)
    entries = AuditEntry.objects.filter(person=person_of(citizen), detail__paper=str(code.public_id)).order_by("pk")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("issue_paper_code", citizen),
        ("revoke_paper_code", citizen),
    ]


# --- turning ----------------------------------------------------------------------------------------------


def test_when_the_colour_turns_the_paper_ends_and_the_holder_is_told(
    code: PaperCode, citizen: Account, at: datetime
) -> None:
    assert replace_paper_codes(at=at) == 0
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at + SECOND)
    assert replace_paper_codes(at=at + 2 * SECOND) == 1
    assert result(code, at + 2 * SECOND) is Reason.REVOKED
    assert Outbox.objects.filter(topic="paper_ended", person=person_of(citizen)).count() == 1
    assert replace_paper_codes(at=at + 3 * SECOND) == 0


def test_when_the_key_is_withdrawn_the_holder_is_told(
    code: PaperCode, citizen: Account, reviewer: Account, at: datetime
) -> None:
    withdraw_code_key(by=reviewer, key=code.key, reason="泄露", at=at)
    forget_keys()
    assert result(code, at) is Reason.UNKNOWN_KEY
    assert replace_paper_codes(at=at) == 1
    code.refresh_from_db()
    assert code.end == "key_withdrawn"
    newer = issue_paper_code(by=citizen, person=person_of(citizen), at=at + SECOND)
    assert result(newer, at + SECOND) is Reason.OK
    assert newer.status_list != code.status_list


def test_paper_outlives_the_turn_of_keys(code: PaperCode, at: datetime) -> None:
    CodeKey.objects.filter(pk=code.key_id).update(state="verifying")
    forget_keys()
    assert result(code, at + 13 * DAY) is Reason.OK


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_once(code: PaperCode, citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at + SECOND)
    sweep = partial(replace_paper_codes, at=at + 2 * SECOND)
    assert sorted(at_once(sweep, sweep)) == [0, 1]
    assert Outbox.objects.filter(topic="paper_ended").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_prints_at_once_leave_one_that_counts(citizen: Account, at: datetime) -> None:
    make = partial(issue_paper_code, by=citizen, person=person_of(citizen), at=at)
    made = at_once(make, make)
    assert len({code.index for code in made}) == 2
    assert PaperCode.objects.live(at).count() == 1


# --- the sheet --------------------------------------------------------------------------------------------


_PICTURE = re.compile(rb"<<([^>]*/Subtype /Image[^>]*)>>\s*stream\r?\n(.*?)endstream", re.S)


def number_in(head: bytes, name: str) -> int:
    found = re.search(rb"/" + name.encode() + rb" (\d+)", head)
    assert found is not None
    return int(found[1])


def pictures(pdf: bytes) -> list[Image.Image]:
    """Take the pictures out of a PDF, as their own dictionaries describe them."""
    found = []
    for head, body in _PICTURE.findall(pdf):
        assert b"ASCII85Decode /FlateDecode" in head
        raw = zlib.decompress(base64.a85decode(body.strip().removesuffix(b"~>")))
        found.append(Image.frombytes("RGB", (number_in(head, "Width"), number_in(head, "Height")), raw))
    return found


@pytest.mark.parametrize("size", SheetSize)
def test_another_library_reads_the_qr_of_the_pdf(code: PaperCode, size: SheetSize) -> None:
    (picture,) = pictures(paper_pdf(code, size))
    (read,) = zxingcpp.read_barcodes(picture)
    assert read.text == code.token
    assert read.ec_level == "H"


def test_the_sheet_names_nobody_whole_and_no_number(code: PaperCode, citizen: Account) -> None:
    person = person_of(citizen)
    said = str(sheet_of(code)._replace(token=""))
    assert "王*明" in said
    assert person.name not in said
    assert person.number not in said
    assert person.number[-4:] not in said


def test_the_font_has_the_common_characters_and_shows_what_it_lacks() -> None:
    font = Path(settings.BASE_DIR) / "static" / FONT
    assert printable("王*明 欧阳 仉 佴 逄 Ægir 浙江健康码", font) == "王*明 欧阳 仉 佴 逄 Ægir 浙江健康码"
    assert printable("𠮷*", font) == f"{MISSING}*"


def test_a_name_that_cannot_be_printed_says_so(code: PaperCode) -> None:
    plain, rare = sheet_of(code), sheet_of(code)._replace(holder="𠮷*")
    font = Path(settings.BASE_DIR) / "static" / FONT
    assert printable(rare.holder, font) != rare.holder
    assert len(paper_pdf(code, SheetSize.A4)) < 200_000
    assert plain.missing_note


def test_the_same_sheet_is_the_same_file(code: PaperCode) -> None:
    assert paper_pdf(code, SheetSize.CARD) == paper_pdf(code, SheetSize.CARD)


def test_the_reserve_asks_for_the_document_too(citizen: Account, at: datetime) -> None:
    assert read_token(code_of(citizen, at, Kind.RESERVE)).claims.statement.life.document_check
