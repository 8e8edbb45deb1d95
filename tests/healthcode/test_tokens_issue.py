"""Issuing: the layout of codes.md to the byte, and what a key may not sign."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from healthcode.domain.tokens import (
    LIVES,
    CannotIssue,
    KeyState,
    Kind,
    Statement,
    TokenColour,
    base45,
    cbor,
    cose,
    encode_token,
    envelope,
)
from tests.healthcode.token_kit import AT, HANGZHOU, IAT, KEY, SCREEN, STATEMENTS, cti, signing_key, token

SCREEN_KINDS = [Kind.OWN_PHONE, Kind.FAMILY, Kind.COMPANIONS, Kind.RESERVE, Kind.VENUE]


def issue(**changes: Any) -> str:
    values: dict[str, Any] = {"key": KEY, "statement": SCREEN, "cti": cti(), "issued_at": AT}
    return encode_token(**(values | changes))


def test_the_layout_of_a_screen_code() -> None:
    text = token()
    sign1 = cose.read_sign1(base45.decode(text.removeprefix("JK1:")))
    assert cbor.decode(sign1.protected) == {1: -7, 4: KEY.record.kid}
    assert sign1.unprotected == {}
    assert cbor.decode(sign1.payload) == {4: IAT + 90, 6: IAT, 7: cti(), -65537: [1, 0, HANGZHOU]}


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_template_and_general_encoding_agree(statement: Statement) -> None:
    found = envelope.read_token(token(statement))
    protected = envelope.protected_header(KEY.record.kid)
    assert found.signed == cose.to_be_signed(protected, found.claims.encode())


def test_every_screen_code_has_the_same_length() -> None:
    statements = [
        Statement(kind, colour, region)
        for kind in SCREEN_KINDS
        for colour in TokenColour
        for region in (110100, 820000)
    ]
    assert {len(token(statement, counter=n)) for n, statement in enumerate(statements)} == {192}


def test_two_codes_of_one_person_differ_in_their_cti() -> None:
    one, two = (envelope.read_token(token(counter=counter)).claims for counter in (1, 2))
    assert one.cti != two.cti
    assert one._replace(cti=b"") == two._replace(cti=b"")


def test_the_same_issue_gives_the_same_text() -> None:
    assert token() == token()


def test_a_code_lives_as_long_as_its_kind() -> None:
    lives = {statement: envelope.read_token(token(statement)).claims for statement in STATEMENTS}
    assert {s: c.exp - c.iat for s, c in lives.items()} == {s: s.life.life for s in STATEMENTS}
    assert len(LIVES) == len(STATEMENTS)


def test_a_permit_lives_as_granted() -> None:
    permit = Statement(Kind.PERMIT, TokenColour.RED, HANGZHOU, 1)
    found = envelope.read_token(issue(statement=permit, life=timedelta(hours=3)))
    assert found.claims.exp - found.claims.iat == 3 * 3600


@pytest.mark.parametrize("seconds", [0, -1, 91])
def test_no_life_longer_than_the_kinds_or_empty(seconds: int) -> None:
    with pytest.raises(CannotIssue):
        issue(life=timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "fields",
    [
        (Kind.OWN_PHONE, TokenColour.GREEN, HANGZHOU, 5),
        (Kind.PAPER, TokenColour.NONE, HANGZHOU, None),
        (Kind.PAPER, TokenColour.GREEN, HANGZHOU, 5),
        (Kind.PERMIT, TokenColour.RED, HANGZHOU, -1),
        (Kind.PERMIT, TokenColour.RED, HANGZHOU, 2**32),
        (Kind.OWN_PHONE, TokenColour.GREEN, 330106, None),
        (Kind.OWN_PHONE, TokenColour.GREEN, 3301, None),
        (Kind.OWN_PHONE, TokenColour.GREEN, 1_000_000, None),
    ],
)
def test_a_statement_no_verifier_would_read(fields: tuple[Any, ...]) -> None:
    with pytest.raises(CannotIssue):
        issue(statement=Statement(*fields))


@pytest.mark.parametrize("state", set(KeyState) - {KeyState.SIGNING})
def test_only_the_signing_key_signs(state: KeyState) -> None:
    with pytest.raises(CannotIssue):
        issue(key=signing_key(state=state))


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": frozenset({Kind.PAPER})},
        {"valid_from": AT + timedelta(seconds=1)},
        {"valid_until": AT + timedelta(seconds=89)},
    ],
)
def test_a_key_signs_within_its_scope_and_validity(changes: dict[str, Any]) -> None:
    with pytest.raises(CannotIssue):
        issue(key=signing_key(**changes))


def test_a_code_may_die_together_with_its_key() -> None:
    assert issue(key=signing_key(valid_until=AT + timedelta(seconds=90)))


@pytest.mark.parametrize("changes", [{"cti": bytes(15)}, {"issued_at": datetime(2020, 7, 1, 8)}])  # noqa: DTZ001
def test_a_wrong_cti_or_an_instant_without_zone(changes: dict[str, Any]) -> None:
    with pytest.raises(CannotIssue):
        issue(**changes)


@pytest.mark.parametrize("year", [1969, 1970, 2110])
def test_an_instant_outside_the_width_of_the_claims(year: int) -> None:
    with pytest.raises(CannotIssue):
        issue(issued_at=AT.replace(year=year, month=1, day=1, hour=0))
