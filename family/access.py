"""May they act for others? ``check_…`` raises ``NotPermitted``, ``can_…`` answers, ``…_for_…`` loads or answers 404."""

from datetime import datetime

from django.shortcuts import get_object_or_404

from family.domain.bonds import BondAct, Party, Relation, Right, is_open_to
from family.models import Bond, BondQuerySet, CompanionGroup, LookUp
from healthcode.access import NotPermitted, is_in_jurisdiction
from healthcode.models import Account, Person

WITNESS = "family.add_bond"
SETTLE = "family.settle_bond"
LOOK_UP = "family.add_lookup"
ANSWER_COMPLAINT = "family.answer_lookupcomplaint"


def bonds_of(account: Account, at: datetime) -> BondQuerySet:
    """Return the bonds that are not over by which the account acts for others."""
    bonds: BondQuerySet = Bond.objects.live(at).filter(carer__account=account.pk)
    return bonds.select_related("carer", "dependant").order_by("pk")


def bonds_over(account: Account, at: datetime) -> BondQuerySet:
    """Return the bonds that are not over by which others act for the account's person."""
    bonds: BondQuerySet = Bond.objects.live(at).filter(dependant__account=account.pk)
    return bonds.select_related("carer", "dependant").order_by("pk")


def bond_for_carer(account: Account, public_id: object, right: Right, at: datetime) -> Bond:
    """Return the bond under which the account may use ``right`` now, or answer 404."""
    bonds = Bond.objects.giving(right, at).filter(carer__account=account.pk)
    return get_object_or_404(bonds.select_related("carer", "dependant"), public_id=public_id)


def bond_for_party(account: Account, public_id: object, at: datetime) -> Bond:
    """Return a bond that is not over and of which the account is a side or another guardian, or answer 404."""
    bond = get_object_or_404(Bond.objects.live(at).select_related("carer", "dependant"), public_id=public_id)
    # Officers work in the back office, where reading is noted.
    if not parties_of(account, bond, at) - {Party.OFFICER}:
        return get_object_or_404(Bond.objects.none())
    return bond


def parties_of(account: Account | None, bond: Bond, at: datetime) -> frozenset[Party]:
    """Return as what the account acts on the bond; no account is the clock."""
    if account is None:
        return frozenset({Party.SYSTEM})
    is_dependant = bond.dependant.account_id == account.pk
    found = {
        Party.CARER: bond.carer.account_id == account.pk,
        # A minor may object, and an officer looks into it; but does not end a guardian's duty alone.
        Party.DEPENDANT: is_dependant and bond.relation == Relation.CONSENT,
        Party.OBJECTOR: is_dependant or _is_other_guardian(account, bond, at),
        Party.OFFICER: can_settle(account, bond.dependant),
    }
    return frozenset(party for party, holds in found.items() if holds)


def _is_other_guardian(account: Account, bond: Bond, at: datetime) -> bool:
    guards = Bond.objects.live(at).filter(dependant=bond.dependant_id, relation=Relation.GUARDIAN)
    return guards.filter(carer__account=account.pk).exclude(carer=bond.carer_id).exists()


def other_guardians(bond: Bond, account: Account, at: datetime) -> list[Bond]:
    """Return the bonds of a minor's other guardians, for a guardian to see; nothing for anybody else."""
    if bond.relation != Relation.GUARDIAN or bond.carer.account_id != account.pk:
        return []
    guards = Bond.objects.live(at).filter(dependant=bond.dependant_id, relation=Relation.GUARDIAN)
    return list(guards.exclude(pk=bond.pk).select_related("carer").order_by("pk"))


def can_do(account: Account, bond: Bond, act: BondAct, at: datetime) -> bool:
    """Tell whether the account may do the act to the bond as it stands at ``at``."""
    return is_open_to(bond.state_at(at), act, parties_of(account, bond, at))


def can_settle(account: Account, dependant: Person) -> bool:
    """Tell whether the officer settles disputes about the dependant: in their division."""
    may = account.is_active and not account.is_superuser and account.has_perm(SETTLE)
    return may and is_in_jurisdiction(account, dependant)


def can_witness(account: Account) -> bool:
    """Tell whether the account is an officer or a service point's staff, who see documents and bind on the spot."""
    return account.is_active and not account.is_superuser and bool(account.division) and account.has_perm(WITNESS)


def check_can_witness(account: Account, dependant: Person) -> None:
    """Raise ``NotPermitted`` unless the account may bind somebody to act for the dependant, in its division."""
    if not can_witness(account) or not is_in_jurisdiction(account, dependant):
        raise NotPermitted(f"{account} may not bind family members of {dependant}")


def bond_for_officer(account: Account, public_id: object) -> Bond:
    """Return a bond of a dependant of the officer's division, or answer 404."""
    bond = get_object_or_404(Bond.objects.select_related("carer", "dependant"), public_id=public_id)
    if not can_settle(account, bond.dependant):
        return get_object_or_404(Bond.objects.none())
    return bond


def can_look_up(account: Account) -> bool:
    """Tell whether the account may look people up for them: guards, service points, officers (N3.5)."""
    return account.is_active and not account.is_superuser and account.has_perm(LOOK_UP)


def check_can_look_up(account: Account) -> None:
    """Raise ``NotPermitted`` unless ``can_look_up``."""
    if not can_look_up(account):
        raise NotPermitted(f"{account} may not look people up")


def can_answer_complaint(account: Account) -> bool:
    """Tell whether the account is a supervisor, who answers complaints about look-ups."""
    return account.is_active and not account.is_superuser and account.has_perm(ANSWER_COMPLAINT)


def check_can_answer_complaint(account: Account) -> None:
    """Raise ``NotPermitted`` unless ``can_answer_complaint``."""
    if not can_answer_complaint(account):
        raise NotPermitted(f"{account} may not answer complaints")


def group_of(account: Account, at: datetime) -> CompanionGroup | None:
    """Return the current group that the account's person is in, the own one before others'."""
    groups = CompanionGroup.objects.current(at).filter(
        members__person__account=account.pk, members__left_at__isnull=True
    )
    found = list(groups.select_related("leader").order_by("-made_at", "-pk"))
    own = [group for group in found if group.leader.account_id == account.pk]
    return next(iter([*own, *found]), None)


def group_for_member(account: Account, at: datetime) -> CompanionGroup:
    """Return the current group that the account's person is in, or answer 404."""
    return group_of(account, at) or get_object_or_404(CompanionGroup.objects.none())


def group_for_leader(account: Account, at: datetime) -> CompanionGroup:
    """Return the current group that the account made, or answer 404."""
    groups = CompanionGroup.objects.current(at).select_related("leader")
    return get_object_or_404(groups, leader__account=account.pk)


def member_for(group: CompanionGroup, public_id: object) -> Person | None:
    """Return the member of this public id."""
    inside = group.members.filter(left_at__isnull=True, person__public_id=str(public_id)).select_related("person")
    found = inside.first()
    return found.person if found else None


def lookup_for_person(account: Account, public_id: object) -> LookUp:
    """Return a look-up of the account's own person, or answer 404."""
    return get_object_or_404(LookUp, public_id=public_id, person__account=account.pk)
