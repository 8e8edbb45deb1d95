"""Point-to-point transfers (转运, N2.2): a chain of rides without gap or overlap, each received by name."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from django.db import transaction

from healthcode.access import check_can_receive, check_can_transfer
from healthcode.domain.instants import to_china
from healthcode.domain.transfers import (
    Alarm,
    Leg,
    LegFault,
    alarm_of,
    fault_of_arrival,
    fault_of_leg,
    is_finished,
    is_under_way,
)
from healthcode.models import Account, Person, Transfer, TransferArrival, TransferLeg
from healthcode.services.audit import Act, record_acts
from healthcode.services.decisions import lock_people
from healthcode.services.errors import Refused

# How each fault of a chain is refused.
REFUSALS: Mapping[LegFault, Callable[[], Refused]] = MappingProxyType(
    {
        LegFault.SAME_PLACE: lambda: Refused("leg_goes_nowhere"),
        LegFault.NOT_SEALED: lambda: Refused("leg_not_sealed"),
        LegFault.IN_FUTURE: lambda: Refused("leg_in_future"),
        LegFault.GAP: lambda: Refused("leg_gap"),
        LegFault.OVERLAP: lambda: Refused("leg_overlap"),
        LegFault.NOT_RECEIVED: lambda: Refused("leg_not_received"),
        LegFault.FINISHED: lambda: Refused("transfer_finished"),
        LegFault.ARRIVED_BEFORE: lambda: Refused("arrived_before_departure"),
        LegFault.ARRIVED_TWICE: lambda: Refused("already_received"),
        LegFault.NO_LEG: lambda: Refused("nobody_under_way"),
    }
)


class LegFields(NamedTuple):
    """One ride as the officer records it."""

    place_from: str
    place_to: str
    vehicle: str
    handed_over_by: str
    sealed_at: datetime
    departed_at: datetime


@transaction.atomic
def start_transfer(
    *, by: Account, person: Person, way: tuple[str, str], destination_division: str, at: datetime
) -> Transfer:
    """Start a transfer of somebody of the officer's division on ``way`` (origin, destination); no ride yet.

    ``destination_division`` is whose officers receive them. Raises ``NotPermitted``; ``Refused``: ``transfer_open``,
    ``leg_goes_nowhere``.
    """
    (person,) = lock_people([person.pk])
    check_can_transfer(by, person)
    origin, destination = (place.strip() for place in way)
    if origin == destination:
        raise Refused("leg_goes_nowhere")
    if Transfer.objects.open().filter(person=person).exists():
        raise Refused("transfer_open")
    transfer = Transfer.objects.create(
        person=person,
        origin=origin,
        destination=destination,
        destination_division=destination_division,
        started_at=at,
        started_by=by,
    )
    _audit(by, transfer, "start_transfer", at)
    return transfer


@transaction.atomic
def add_leg(*, by: Account, transfer: Transfer, leg: LegFields, at: datetime) -> TransferLeg:
    """Record the next ride. A chain with a gap or an overlap, or of somebody not received, is refused.

    Raises ``NotPermitted``; ``Refused``: ``leg_gap``, ``leg_overlap``, ``leg_not_received``, ``leg_not_sealed``,
    ``leg_in_future``, ``leg_goes_nowhere``, ``transfer_finished``.
    """
    transfer = _locked(transfer)
    check_can_receive(by, transfer)
    legs = transfer.chain()
    if transfer.called_off_at is not None:
        raise Refused("transfer_finished")
    new = Leg(leg.place_from.strip(), leg.place_to.strip(), leg.sealed_at, leg.departed_at)
    fault = fault_of_leg(legs, new, origin=transfer.origin, destination=transfer.destination, at=at)
    if fault is not None:
        raise REFUSALS[fault]()
    made = TransferLeg.objects.create(
        transfer=transfer,
        number=len(legs) + 1,
        place_from=new.place_from,
        place_to=new.place_to,
        vehicle=leg.vehicle.strip(),
        handed_over_by=leg.handed_over_by.strip(),
        sealed_at=leg.sealed_at,
        departed_at=leg.departed_at,
        recorded_at=at,
        by=by,
    )
    _audit(by, transfer, "add_leg", at, leg=made.number, vehicle=made.vehicle)
    return made


@transaction.atomic
def receive(*, by: Account, transfer: Transfer, received_by: str, arrived_at: datetime, at: datetime) -> Transfer:
    """Record who received the person at the end of the last ride; at the destination the transfer is finished.

    Raises ``NotPermitted``; ``Refused``: ``nobody_under_way``, ``already_received``, ``arrived_before_departure``,
    ``leg_in_future``.
    """
    transfer = _locked(transfer)
    check_can_receive(by, transfer)
    fault = fault_of_arrival(transfer.chain(), arrived_at, at)
    if fault is not None:
        raise REFUSALS[fault]()
    leg = TransferLeg.objects.filter(transfer=transfer).order_by("-number")[0]
    TransferArrival.objects.create(
        leg=leg, received_by=received_by.strip(), arrived_at=arrived_at, recorded_at=at, by=by
    )
    transfer = _locked(transfer)
    if is_finished(transfer.chain(), transfer.destination):
        transfer.finished_at = arrived_at
        transfer.save(update_fields=["finished_at"])
    _audit(by, transfer, "receive_person", at, leg=leg.number)
    return transfer


@transaction.atomic
def call_off_transfer(*, by: Account, transfer: Transfer, reason: str, at: datetime) -> Transfer:
    """Call off a transfer on which nobody has departed.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``transfer_in_transit``, ``transfer_finished``.
    """
    transfer = _locked(transfer)
    check_can_transfer(by, transfer.person)
    if not reason.strip():
        raise Refused("reason_required")
    if transfer.chain():
        raise Refused("transfer_in_transit")
    if transfer.called_off_at is not None:
        raise Refused("transfer_finished")
    transfer.called_off_at, transfer.called_off_reason = at, reason.strip()
    transfer.save(update_fields=["called_off_at", "called_off_reason"])
    _audit(by, transfer, "call_off_transfer", at)
    return transfer


def _locked(transfer: Transfer) -> Transfer:
    """Lock the transfer and return it with its person and legs."""
    Transfer.objects.select_for_update(of=("self",)).get(pk=transfer.pk)
    found: Transfer = Transfer.objects.with_legs().get(pk=transfer.pk)
    return found


def _audit(by: Account, transfer: Transfer, action: str, at: datetime, **detail: object) -> None:
    act = Act(action, transfer.person_id, {"transfer": str(transfer.public_id), **detail}, transfer.called_off_reason)
    record_acts(by=by, at=at, acts=[act])


# --- reading ----------------------------------------------------------------------------------------------

# A closed way is over in hours; what is older is looked at in the back office, and no gate is told of it.
_RECENT = timedelta(days=2)


def in_transit(*, person: Person, at: datetime) -> Transfer | None:
    """Return the transfer that the person is on at ``at``, or None; two indexed queries, none more."""
    transfers = Transfer.objects.with_legs().filter(person=person, started_at__gte=at - _RECENT)
    for transfer in transfers.order_by("-started_at", "-pk"):
        if is_under_way(transfer.chain(), transfer.destination, to_china(at)):
            found: Transfer = transfer
            return found
    return None


def alarms_of(*, division: str, at: datetime) -> list[tuple[Transfer, Alarm]]:
    """Return the transfers from or to the division that stand still for too long (N2.2), oldest first."""
    found = []
    for transfer in Transfer.objects.for_division(division).open().with_legs().order_by("pk"):
        alarm = alarm_of(transfer.chain(), transfer.destination, to_china(at))
        if alarm is not None:
            found.append((transfer, alarm))
    return found
