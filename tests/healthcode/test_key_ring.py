"""The key ring: over a year of beat, one key signs at every instant, and every code verifies to its end."""

from datetime import datetime, timedelta

import pytest

from healthcode.access import NotPermitted
from healthcode.domain.tokens import (
    KeyState,
    Kind,
    Reason,
    Reference,
    Statement,
    TokenColour,
    encode_token,
    seal_reference,
    verify_token,
)
from healthcode.domain.tokens.ring import PUBLISHED_AHEAD, SIGNS_FOR, Step, Times, longest_life, steps_due, valid_until
from healthcode.models import Account, AuditEntry, CodeKey
from healthcode.services.errors import Refused
from healthcode.services.keys import (
    SCOPES,
    forget_keys,
    reference_key,
    rotate_code_keys,
    signing_key,
    verifying_keys,
    withdraw_code_key,
)

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
SCREEN = SCOPES[0]
LONGEST = {Kind.OWN_PHONE: None, Kind.PAPER: 5, Kind.VENUE: 7, Kind.TEST_REPORT: None}


def code(kind: Kind, index: int | None, at: datetime) -> str:
    """Sign a code of the longest life of its key's scope."""
    reference = Reference(1, int(at.timestamp()), kind, 0)
    statement = Statement(kind, TokenColour.NONE, 330100, index)
    cti = seal_reference(reference_key(), reference)
    return encode_token(key=signing_key(kind, at), statement=statement, cti=cti, issued_at=at)


def result(text: str, at: datetime) -> Reason:
    """Verify as a gate does that has the keys of this instant."""
    return verify_token(
        text, keys=verifying_keys(at), at=at, online=True, kinds=frozenset(Kind), revoked=lambda key, index: False
    ).result


def in_state(state: KeyState) -> list[CodeKey]:
    return list(CodeKey.objects.filter(state=state.value).order_by("pk"))


def beat(at: datetime) -> list[CodeKey]:
    touched = rotate_code_keys(by=None, at=at)
    forget_keys()
    return touched


def test_over_a_year_every_code_verifies_until_it_dies(province: None, at: datetime) -> None:
    living: list[tuple[datetime, str]] = []
    for hour in range(0, 366 * 24, 19):
        now = at + timedelta(hours=hour)
        beat(now)
        assert sorted(tuple(key.scope) for key in in_state(KeyState.SIGNING)) == sorted(
            tuple(sorted(scope)) for scope in SCOPES
        )
        living = [(dies, text) for dies, text in living if now < dies]
        assert {result(text, now) for _dies, text in living} <= {Reason.OK}
        if hour % 95 == 0:
            lives = [(now + longest_life({kind}), code(kind, index, now)) for kind, index in LONGEST.items()]
            living += [(dies, text) for (dies, text), kind in zip(lives, LONGEST, strict=True)]
    signed = CodeKey.objects.exclude(signs_from=None).exclude(made_at__lt=at)
    assert signed.count() >= 3 * len(SCOPES)
    assert all(key.signs_from - key.made_at >= PUBLISHED_AHEAD for key in signed if key.signs_from)


def times(signs_for: timedelta, staged_for: timedelta | None, at: datetime) -> tuple[Times, Times | None]:
    since = at - signs_for
    signing = Times(since, since, valid_until(SCREEN, since))
    return signing, None if staged_for is None else Times(at - staged_for, None, valid_until(SCREEN, at - staged_for))


@pytest.mark.parametrize(
    ("signs_for", "staged_for", "due"),
    [
        (SIGNS_FOR - SECOND, 30 * DAY, ()),
        (SIGNS_FOR, 30 * DAY, (Step.TURN, Step.STAGE)),
        (SIGNS_FOR, PUBLISHED_AHEAD, (Step.TURN, Step.STAGE)),
        (SIGNS_FOR, PUBLISHED_AHEAD - SECOND, ()),
        (DAY, None, (Step.STAGE,)),
        # Beat was down for half a year: a key that cannot sign any more waits for nothing.
        (300 * DAY, SECOND, (Step.TURN, Step.STAGE)),
    ],
)
def test_which_step_is_due(
    at: datetime, signs_for: timedelta, staged_for: timedelta | None, due: tuple[Step, ...]
) -> None:
    assert steps_due(SCREEN, *times(signs_for, staged_for, at), at) == due


def test_the_first_key_signs_at_once_and_the_next_is_published(at: datetime) -> None:
    assert steps_due(SCREEN, None, None, at) == (Step.OPEN, Step.STAGE)
    assert steps_due(SCREEN, None, Times(at, None, at + DAY), at) == (Step.TURN, Step.STAGE)


def test_a_retired_key_ends_with_its_last_code_and_forgets_its_private_half(province: None, at: datetime) -> None:
    turn = datetime.fromisoformat("2020-07-01T00:00:00+08:00") + SIGNS_FOR
    beat(turn)
    retired = CodeKey.objects.get(state="verifying", scope__contains=2)
    assert retired.valid_until == turn + timedelta(days=15)
    assert bytes(retired.private_sealed) == b""
    assert retired.signed_until == turn


def test_beat_after_a_long_night_goes_on(province: None, at: datetime) -> None:
    later = at + timedelta(days=400)
    assert len(beat(later)) == 2 * len(SCOPES)
    assert result(code(Kind.PAPER, 0, later), later) is Reason.OK


# --- withdrawing ------------------------------------------------------------------------------------------


def withdraw(by: Account, key: CodeKey, at: datetime, reason: str = "疑似泄露") -> CodeKey:
    row = withdraw_code_key(by=by, key=key, reason=reason, at=at)
    forget_keys()
    return row


def test_a_withdrawn_key_is_unknown_at_once_and_the_staged_one_signs(
    province: None, reviewer: Account, at: datetime
) -> None:
    shown, key = code(Kind.OWN_PHONE, None, at), CodeKey.objects.get(state="signing", scope__contains=1)
    staged = CodeKey.objects.get(state="staged", scope__contains=1)
    withdraw(reviewer, key, at)
    assert result(shown, at) is Reason.UNKNOWN_KEY
    assert signing_key(Kind.OWN_PHONE, at).record.kid == bytes(staged.kid)
    assert result(code(Kind.OWN_PHONE, None, at), at) is Reason.OK
    assert CodeKey.objects.filter(state="staged", scope__contains=1).count() == 1


def test_a_withdrawal_says_who_and_why(province: None, reviewer: Account, at: datetime) -> None:
    row = withdraw(reviewer, in_state(KeyState.STAGED)[0], at)
    entry = AuditEntry.objects.get(action="withdraw_code_key")
    assert (row.withdrawn_by, row.withdrawn_at, row.withdrawal_reason) == (reviewer, at, "疑似泄露")
    assert (entry.actor, entry.detail["kid"], entry.detail["reason"]) == (reviewer, str(row), "疑似泄露")


@pytest.mark.parametrize(("reason", "code_"), [("  ", "reason_required"), ("again", "key_withdrawn")])
def test_a_withdrawal_is_refused(province: None, reviewer: Account, at: datetime, reason: str, code_: str) -> None:
    key = in_state(KeyState.SIGNING)[0]
    if code_ == "key_withdrawn":
        withdraw(reviewer, key, at)
    with pytest.raises(Refused) as refusal:
        withdraw_code_key(by=reviewer, key=key, reason=reason, at=at)
    assert refusal.value.code == code_


@pytest.mark.parametrize("who", ["officer", "operator", "administrator", "commission"])
def test_nobody_else_withdraws(province: None, at: datetime, who: str, request: pytest.FixtureRequest) -> None:
    account: Account = request.getfixturevalue(who)
    with pytest.raises(NotPermitted):
        withdraw_code_key(by=account, key=in_state(KeyState.SIGNING)[0], reason="x", at=at)
