"""What becomes of a frozen batch or order: one supervisor proposes with a reason, another confirms or sends it back."""

from datetime import datetime

from django.db import transaction

from healthcode.access import check_can_judge_alarm
from healthcode.models import Account, ControlOrderRequest, HeldBatch, Outcome
from healthcode.services.audit import Act, record_acts
from healthcode.services.errors import Refused
from healthcode.services.evidence import record_released


@transaction.atomic
def propose_outcome(*, by: Account, held: HeldBatch, outcome: Outcome, reason: str, at: datetime) -> HeldBatch:
    """Propose to release or to reject what is frozen. It changes nothing until another supervisor confirms.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``already_judged``, ``own_request`` (who sent the batch
    does not judge it), ``proposal_open`` (another proposal waits for its confirmation).
    """
    if not reason.strip():
        raise Refused("reason_required")
    held = _open(by, held)
    if held.outcome:
        raise Refused("proposal_open")
    held.outcome, held.reason, held.proposed_by, held.proposed_at = outcome, reason.strip(), by, at
    held.save(update_fields=["outcome", "reason", "proposed_by", "proposed_at"])
    _note(by, "propose_outcome", held, held.reason, at)
    return held


@transaction.atomic
def send_back(*, by: Account, held: HeldBatch, reason: str, at: datetime) -> HeldBatch:
    """Take a proposal off the table, with a reason; it stays in the audit.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``nothing_proposed``, ``already_judged``,
    ``own_request``.
    """
    if not reason.strip():
        raise Refused("reason_required")
    held = _open(by, held)
    if not held.outcome:
        raise Refused("nothing_proposed")
    _note(by, "send_back", held, reason.strip(), at)
    held.outcome, held.reason, held.proposed_by, held.proposed_at = "", "", None, None
    held.save(update_fields=["outcome", "reason", "proposed_by", "proposed_at"])
    return held


@transaction.atomic
def confirm_outcome(*, by: Account, held: HeldBatch, at: datetime) -> HeldBatch:
    """Confirm another supervisor's proposal. Released records are recorded now; rejected ones never are.

    Raises ``NotPermitted``; ``Refused``: ``nothing_proposed``, ``already_judged``, ``own_request`` (of the batch or of
    the proposal), and as ``record_released``.
    """
    held = _open(by, held)
    if not held.outcome:
        raise Refused("nothing_proposed")
    if held.proposed_by_id == by.pk:
        raise Refused("own_request")
    held.confirmed_by, held.confirmed_at = by, at
    held.save(update_fields=["confirmed_by", "confirmed_at"])
    _note(by, "confirm_outcome", held, held.reason, at)
    if held.order is not None:
        _judge_order(held.order, Outcome(held.outcome), at)
    elif held.is_released:
        record_released(by=by, held=held, at=at)
    return held


def waiting_batches() -> int:
    """Return how many frozen batches and orders nobody has judged yet."""
    return HeldBatch.objects.filter(confirmed_at__isnull=True).count()


def _open(by: Account, held: HeldBatch) -> HeldBatch:
    """Return the batch, locked and unjudged; two supervisors at once come one after the other."""
    check_can_judge_alarm(by)
    locked = HeldBatch.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if locked.confirmed_at is not None:
        raise Refused("already_judged")
    if locked.received_by_id == by.pk:
        raise Refused("own_request")
    return locked


def _judge_order(order: ControlOrderRequest, outcome: Outcome, at: datetime) -> None:
    """Stop a rejected order. A released one goes on to its approvals."""
    if outcome is Outcome.REJECT and order.stopped_at is None and order.carried_out_at is None:
        order.stopped_at = at
        order.save(update_fields=["stopped_at"])


def _note(by: Account, action: str, held: HeldBatch, reason: str, at: datetime) -> None:
    detail = {"held": str(held.public_id), "outcome": str(held.outcome)}
    record_acts(by=by, at=at, acts=[Act(action, None, detail, reason)])
