"""Binding a person to act for another, and ending it (代办, N3.5).

The lock of a bond is the two persons' rows, taken in the order of their ids, so that the number of a carer's
dependants and the one live bond of a pair hold whoever asks at the same moment.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from family.access import check_can_witness, parties_of
from family.domain.bonds import (
    CONSENT_LIFE,
    BondAct,
    BondEnd,
    Party,
    Proof,
    Relation,
    Right,
    WrongTransition,
    step,
)
from family.models import Bond, BondEvent, BondQuerySet
from healthcode.access import NotPermitted
from healthcode.models import Account, Person, Topic
from healthcode.services.audit import Act, record_acts
from healthcode.services.decisions import lock_people
from healthcode.services.errors import Refused
from healthcode.services.outbox import announce, message_for


class Terms(NamedTuple):
    """What a bond rests on: why one may act, what proves it, what is allowed, until when, and staff's reason."""

    relation: Relation
    proof: Proof
    rights: frozenset[Right]
    valid_until: datetime
    reason: str = ""


@transaction.atomic
def bind(*, by: Account, carer: Person, dependant: Person, terms: Terms, at: datetime) -> Bond:
    """Let ``carer`` act for ``dependant``; both are told. For the services that have proof in hand.

    Raises ``Refused``: ``bond_with_oneself``, ``no_rights``, ``already_bound``, ``too_many_dependants`` (more than
    ``HC_FAMILY_CAP``), ``bond_over`` (its end has passed).
    """
    if carer.pk == dependant.pk:
        raise Refused("bond_with_oneself")
    if not terms.rights:
        raise Refused("no_rights")
    if terms.valid_until <= at:
        raise Refused("bond_over")
    lock_people([carer.pk, dependant.pk])
    _close_lapsed(Bond.objects.filter(carer=carer.pk, ended_at__isnull=True, valid_until__lte=at), at)
    live = Bond.objects.filter(carer=carer.pk, ended_at__isnull=True)
    if live.filter(dependant=dependant.pk).exists():
        raise Refused("already_bound")
    if live.count() >= settings.HC_FAMILY_CAP:
        raise Refused("too_many_dependants", str(settings.HC_FAMILY_CAP))
    bond = Bond.objects.create(
        carer=carer,
        dependant=dependant,
        relation=terms.relation,
        proof=terms.proof,
        rights=sorted(terms.rights),
        reason=terms.reason.strip(),
        made_at=at,
        made_by=by,
        valid_until=terms.valid_until,
    )
    _note(by, bond, BondAct.BIND, terms.reason, at)
    return bond


class Witnessed(NamedTuple):
    """What staff saw: which rights were agreed to, how (``SERVICE_POINT`` or ``OFFICER``), and what they relied on."""

    rights: frozenset[Right]
    proof: Proof
    reason: str


def bind_in_person(*, by: Account, carer: Person, dependant: Person, seen: Witnessed, at: datetime) -> Bond:
    """Bind an adult whose documents staff have seen, or for whom an officer answers with a reason (N3.5).

    Raises ``NotPermitted``; ``Refused``: ``reason_required`` and as ``bind``.
    """
    if seen.proof not in (Proof.SERVICE_POINT, Proof.OFFICER):
        raise ValueError(f"{seen.proof} is not given in person")
    check_can_witness(by, dependant)
    if not seen.reason.strip():
        raise Refused("reason_required")
    terms = Terms(Relation.CONSENT, seen.proof, seen.rights, at + CONSENT_LIFE, seen.reason)
    return bind(by=by, carer=carer, dependant=dependant, terms=terms, at=at)


@transaction.atomic
def narrow_rights(*, by: Account, bond: Bond, rights: Collection[Right], at: datetime) -> Bond:
    """Leave only ``rights`` of those a bond gives. Nothing is ever added: that asks for consent anew.

    Raises ``NotPermitted``; ``Refused``: ``wrong_transition``, ``no_rights`` (revoke instead), ``rights_not_given``.
    """
    bond = _locked(by, bond, BondAct.NARROW, at)
    if not rights:
        raise Refused("no_rights")
    if not set(rights) <= set(bond.rights):
        raise Refused("rights_not_given")
    bond.rights = sorted(rights)
    bond.save(update_fields=["rights"])
    _note(by, bond, BondAct.NARROW, "", at)
    return bond


@transaction.atomic
def revoke_bond(*, by: Account, bond: Bond, at: datetime) -> Bond:
    """End a bond at once, for either side (a minor objects instead). Raises ``NotPermitted``, ``Refused``."""
    bond = _locked(by, bond, BondAct.REVOKE, at)
    is_carer = Party.CARER in parties_of(by, bond, at)
    return _end(by, bond, BondAct.REVOKE, BondEnd.BY_CARER if is_carer else BondEnd.BY_DEPENDANT, "", at)


@transaction.atomic
def object_to_bond(*, by: Account, bond: Bond, reason: str, at: datetime) -> Bond:
    """Freeze a bond until an officer has settled the dispute: for the dependant and for another guardian.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``wrong_transition``.
    """
    bond = _locked(by, bond, BondAct.OBJECT, at)
    if not reason.strip():
        raise Refused("reason_required")
    bond.frozen_at = at
    bond.save(update_fields=["frozen_at"])
    _note(by, bond, BondAct.OBJECT, reason, at)
    return bond


@transaction.atomic
def settle_dispute(*, by: Account, bond: Bond, keep: bool, reason: str, at: datetime) -> Bond:
    """Uphold or dissolve a bond, as an officer of the dependant's division, with a reason.

    An officer may dissolve one nobody objected to. Raises ``NotPermitted``; ``Refused``: ``reason_required``,
    ``wrong_transition``.
    """
    act = BondAct.UPHOLD if keep else BondAct.DISSOLVE
    bond = _locked(by, bond, act, at)
    if not reason.strip():
        raise Refused("reason_required")
    if not keep:
        return _end(by, bond, act, BondEnd.BY_OFFICER, reason, at)
    bond.frozen_at = None
    bond.save(update_fields=["frozen_at"])
    _note(by, bond, act, reason, at)
    return bond


def end_bonds(*, at: datetime, batch: int = 1_000) -> int:
    """Write down which bonds have ended by time and tell both sides; return how many.

    Readers go by the instant and have not waited for this. Safe with several workers: rows are claimed with SKIP
    LOCKED, each batch is one transaction.
    """
    done = 0
    while closed := _end_batch(at, batch):
        done += closed
    return done


@transaction.atomic
def _end_batch(at: datetime, batch: int) -> int:
    due = Bond.objects.filter(ended_at__isnull=True, valid_until__lte=at).order_by("valid_until", "pk")
    locked = due.select_for_update(skip_locked=True, of=("self",))[:batch]
    return _close_lapsed(Bond.objects.filter(pk__in=[bond.pk for bond in locked]), at)


def _close_lapsed(lapsed: BondQuerySet, at: datetime) -> int:
    bonds = list(lapsed.select_related("carer", "dependant").order_by("pk"))
    for bond in bonds:
        bond.ended_at = bond.valid_until
        bond.end = BondEnd.CAME_OF_AGE if bond.relation == Relation.GUARDIAN else BondEnd.EXPIRED
    Bond.objects.bulk_update(bonds, ["ended_at", "end"])
    events = BondEvent.objects.bulk_create(BondEvent(bond=bond, act=BondAct.LAPSE, at=at) for bond in bonds)
    record_acts(by=None, at=at, acts=[_act(bond, BondAct.LAPSE, bond.end) for bond in bonds])
    _tell(events, at)
    return len(bonds)


def _locked(by: Account, bond: Bond, act: BondAct, at: datetime) -> Bond:
    """Return the bond under its lock; refuse the act where state or person does not allow it."""
    bonds = Bond.objects.select_related("carer", "dependant").select_for_update(of=("self",))
    bond = bonds.get(pk=bond.pk)
    parties = parties_of(by, bond, at)
    try:
        found = step(bond.state_at(at), act)
    except WrongTransition as error:
        raise Refused("wrong_transition", str(error)) from error
    if not found.parties & parties:
        raise NotPermitted(f"{by} may not {act} {bond}")
    return bond


def _end(by: Account, bond: Bond, act: BondAct, end: BondEnd, reason: str, at: datetime) -> Bond:
    bond.ended_at, bond.end = at, end
    bond.save(update_fields=["ended_at", "end"])
    _note(by, bond, act, reason, at)
    return bond


def _note(by: Account, bond: Bond, act: BondAct, reason: str, at: datetime) -> None:
    event = BondEvent.objects.create(bond=bond, act=act, at=at, actor=by, reason=reason.strip())
    record_acts(by=by, at=at, acts=[_act(bond, act, reason.strip())])
    _tell([event], at)


def _act(bond: Bond, act: BondAct, reason: str) -> Act:
    detail = {"bond": str(bond.public_id), "rights": list(bond.rights), "carer": str(bond.carer.public_id)}
    return Act(f"{act}_bond", bond.dependant_id, detail, reason)


def _tell(events: Collection[BondEvent], at: datetime) -> None:
    """Tell both sides that something about acting for each other is new; what it is stands on their pages."""
    announce(
        rows=[
            message_for(person=person, topic=Topic.NEWS, key=f"bond:{event.pk}:{person.public_id}", at=at)
            for event in events
            for person in (event.bond.carer, event.bond.dependant)
        ]
    )
