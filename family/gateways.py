"""What ``family`` asks outside, and what it answers to ``healthcode``, which does not know it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import pgettext

from family.domain.bonds import Relation, Right
from family.domain.ports import GuardianRegister, OnPaper
from family.models import Bond
from healthcode.domain.ports import Represented

# Families that the demonstration's register does not know, so that a refusal can be seen and tested.
REFUSED_GUARDIANS = frozenset({"查无此人", "NO SUCH PERSON"})

RELATIONS = {
    Relation.GUARDIAN: lambda: pgettext("of a family member", "Child"),
    Relation.CONSENT: lambda: pgettext("of a family member", "Family"),
}


class DemoGuardians:
    """A ``GuardianRegister`` of the demonstration: it knows every adult as a guardian but those of refused names."""

    def guards(self, *, guardian: OnPaper, child: OnPaper, birth_on: date) -> bool:
        """Tell whether neither name is refused and the child is the younger of the two."""
        if {guardian.name, child.name} & REFUSED_GUARDIANS:
            return False
        born = guardian.document.birth_on
        return born is None or born < birth_on


class Bonds:
    """Answers ``healthcode`` who may act for whom: its ``Representation``."""

    def may(self, *, account_id: int, person_ids: Collection[int], right: str, at: datetime) -> bool:
        """Tell whether the account's person may use ``right`` for all of ``person_ids`` at ``at``; one query."""
        wanted = set(person_ids)
        bonds = Bond.objects.giving(Right(right), at).filter(carer__account=account_id, dependant__in=wanted)
        return wanted == set(bonds.order_by().values_list("dependant_id", flat=True))

    def people(self, *, account_id: int, right: str, at: datetime) -> Sequence[Represented]:
        """Return whom the account may use ``right`` for at ``at``, in the order in which they were bound; one query."""
        bonds = Bond.objects.giving(Right(right), at).filter(carer__account=account_id).order_by("pk")
        rows = bonds.values_list("dependant_id", "relation")
        return [Represented(pk, RELATIONS[Relation(relation)]()) for pk, relation in rows]


@cache
def guardian_register() -> GuardianRegister:
    """Return the installation's register of guardians."""
    register: GuardianRegister = import_string(settings.GUARDIAN_REGISTER)()
    return register
