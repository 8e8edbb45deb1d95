"""Point-to-point transfers (N2.2): who is brought from where to where, leg by leg, each received by name."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.divisions import prefix_of
from healthcode.domain.transfers import Leg
from healthcode.models.fields import DIVISION_LENGTH, append_only
from healthcode.models.persons import Person


class TransferQuerySet(models.QuerySet["Transfer"]):
    """Filters of transfers."""

    def open(self) -> "TransferQuerySet":
        """Keep the transfers that are neither finished nor called off."""
        return self.filter(finished_at__isnull=True, called_off_at__isnull=True)

    def for_division(self, division: str) -> "TransferQuerySet":
        """Keep the transfers of the division's people, and those that bring somebody into it."""
        prefix = prefix_of(division) if division else ""
        if not prefix:
            return self.none()
        people = Person.objects.for_division(division)
        return self.filter(Q(person__in=people) | Q(destination_division__startswith=prefix))

    def with_legs(self) -> "TransferQuerySet":
        """Load the person and the legs with their arrivals."""
        legs = TransferLeg.objects.select_related("arrival").order_by("number")
        return self.select_related("person").prefetch_related(models.Prefetch("legs", queryset=legs))


class Transfer(models.Model):
    """One person's closed way to a hospital or a place of isolation; one at a time.

    ``destination_division`` is whose officers receive the person, and so may see the transfer under a pseudonym.
    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="transfers")
    origin = models.CharField(max_length=160)
    destination = models.CharField(max_length=160)
    destination_division = models.CharField(max_length=DIVISION_LENGTH)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)
    called_off_at = models.DateTimeField(null=True)
    called_off_reason = models.CharField(max_length=256, blank=True)

    objects: ClassVar = TransferQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(finished_at__isnull=True, called_off_at__isnull=True),
                name="transfer_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(origin="") & ~Q(destination="") & ~Q(origin=F("destination")),
                name="transfer_leads_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(called_off_at__isnull=True, called_off_reason="")
                | (Q(called_off_at__isnull=False, finished_at__isnull=True) & ~Q(called_off_reason="")),
                name="transfer_called_off_with_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["destination_division"], name="transfer_destination")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def pseudonym(self) -> str:
        """Return what the person is called to those outside their division; says nothing about them."""
        return f"P-{self.public_id.hex[:8].upper()}"

    def chain(self) -> tuple[Leg, ...]:
        """Return the legs as the rules take them. Needs ``with_legs``."""
        return tuple(leg.as_domain() for leg in self.legs.all())


class TransferLeg(models.Model):
    """One ride of a transfer: the vehicle, who handed the person over, when it was sealed and left. Append-only."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="legs")
    number = models.PositiveSmallIntegerField()
    place_from = models.CharField(max_length=160)
    place_to = models.CharField(max_length=160)
    vehicle = models.CharField(max_length=32)
    handed_over_by = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    departed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transfer", "number"], name="transfer_leg_number"),
            models.CheckConstraint(condition=Q(sealed_at__lte=F("departed_at")), name="transfer_leg_sealed_first"),
            models.CheckConstraint(condition=~Q(place_from=F("place_to")), name="transfer_leg_leads_somewhere"),
            models.CheckConstraint(
                condition=~Q(vehicle="") & ~Q(handed_over_by=""), name="transfer_leg_vehicle_and_who"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.vehicle}"

    def as_domain(self) -> Leg:
        """Return the leg as the rules take it. Needs ``arrival`` loaded."""
        arrival = getattr(self, "arrival", None)
        arrived_at = arrival.arrived_at if arrival else None
        return Leg(self.place_from, self.place_to, self.sealed_at, self.departed_at, arrived_at)


class TransferArrival(models.Model):
    """The end of a leg: who received the person, and when. Append-only."""

    leg = models.OneToOneField(TransferLeg, on_delete=models.PROTECT, related_name="arrival")
    received_by = models.CharField(max_length=64)
    arrived_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(received_by=""), name="transfer_arrival_received_by_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.leg_id} {self.arrived_at:%Y-%m-%d %H:%M}"
