"""Managed isolation (N2.1, N2.3): cases, the orders that officers give, their changes, check-ins and visits."""

import uuid
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.colours import Rule, Stage
from healthcode.domain.isolation import OPEN_STATES, CaseState, End, Mode
from healthcode.models.fields import DIVISION_LENGTH, append_only, one_of, word_field

_OPEN = [state.value for state in OPEN_STATES]


class EndChange(StrEnum):
    """What was done to a planned end."""

    EXTENDED = "extended"
    SHORTENED = "shortened"


class VisitWay(StrEnum):
    """How an officer saw to somebody."""

    IN_PERSON = "in_person"
    PHONE = "phone"


class IsolationCaseQuerySet(models.QuerySet["IsolationCase"]):
    """Filters of cases."""

    def open(self) -> "IsolationCaseQuerySet":
        """Keep the cases that are proposed or confirmed."""
        return self.filter(state__in=_OPEN)


class IsolationCase(models.Model):
    """One stage of one person's isolation on one ground; proposed by the system, confirmed by an officer.

    ``ground`` and ``stage`` are what it rests on; ``given_until`` is the end that the ground itself gives (empty:
    open), ``valid_until`` the planned end with the order that goes beyond. The colour follows evidence, never a case.
    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="isolation_cases")
    ground = models.ForeignKey("healthcode.EvidenceRecord", on_delete=models.PROTECT, related_name="isolation_cases")
    rule = word_field(Rule)
    stage = word_field(Stage)
    state = word_field(CaseState)
    division = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    given_until = models.DateTimeField(null=True)
    proposed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    reminded_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    end = word_field(End, blank=True)
    close_document = models.CharField(max_length=96, blank=True)
    close_reason = models.CharField(max_length=256, blank=True)

    objects: ClassVar = IsolationCaseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            one_of("rule", Rule),
            one_of("stage", Stage),
            one_of("state", CaseState),
            one_of("end", End, blank=True),
            models.UniqueConstraint(
                fields=["person", "ground", "stage"], condition=Q(state__in=_OPEN), name="isolation_one_open_per_ground"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="isolation_from_until",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="isolation_confirmed_by_and_at",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.CONFIRMED.value) | Q(confirmed_at__isnull=False),
                name="isolation_confirmed_has_officer",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, closed_at__isnull=True, end="")
                | (Q(state=CaseState.ENDED.value, closed_at__isnull=False) & ~Q(end=""))
                | (
                    Q(state=CaseState.CANCELLED.value, closed_at__isnull=False, closed_by__isnull=False, end="")
                    & ~Q(close_reason="")
                ),
                name="isolation_closed_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(end=End.RELEASED.value) | (~Q(close_document="") & Q(closed_by__isnull=False)),
                name="isolation_release_has_document",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["valid_until"], condition=Q(state__in=_OPEN), name="isolation_ending"),
            models.Index(fields=["person", "-valid_from"], name="isolation_person_from"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.public_id}"


class IsolationOrder(models.Model):
    """The order of a confirmed case (管控措施): how, by whom, on which paper, where, and who brings food.

    A verbal order comes first, its paper later; ``evidence`` is the record that carries the code beyond the ground.
    Retention: until the sunset of the epidemic (N4.3).
    """

    case = models.OneToOneField(IsolationCase, on_delete=models.PROTECT, related_name="order")
    mode = word_field(Mode)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    ordered_by = models.CharField(max_length=96)
    document = models.CharField(max_length=96, blank=True)
    verbal_at = models.DateTimeField(null=True)
    paper_document_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=160)
    supply_arranged = models.BooleanField()
    supply = models.CharField(max_length=160, blank=True)
    evidence = models.ForeignKey(
        "healthcode.EvidenceRecord", on_delete=models.PROTECT, null=True, related_name="isolation_orders"
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            one_of("mode", Mode),
            models.CheckConstraint(
                condition=Q(verbal_at__isnull=False) | ~Q(document=""), name="isolation_order_has_basis"
            ),
            models.CheckConstraint(
                condition=Q(document="", paper_document_at__isnull=True)
                | (~Q(document="") & Q(paper_document_at__isnull=False)),
                name="isolation_order_paper_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(ordered_by="") & ~Q(place=""), name="isolation_order_by_whom_and_where"
            ),
            models.CheckConstraint(
                condition=Q(supply_arranged=True) | Q(supply=""), name="isolation_order_supply_arranged"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="isolation_order_from_until",
            ),
        ]

    def __str__(self) -> str:
        return self.document or "verbal"


class IsolationChange(models.Model):
    """A planned end moved: the end before, the new one, why, and on which paper. Append-only."""

    order = models.ForeignKey(IsolationOrder, on_delete=models.PROTECT, related_name="changes")
    change = word_field(EndChange)
    previous_until = models.DateTimeField()
    valid_until = models.DateTimeField()
    reason = models.CharField(max_length=256)
    document = models.CharField(max_length=96)
    at = models.DateTimeField()
    by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            one_of("change", EndChange),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(document=""), name="isolation_change_has_reason_and_document"
            ),
            models.CheckConstraint(
                condition=Q(change=EndChange.EXTENDED.value, valid_until__gt=F("previous_until"))
                | Q(change=EndChange.SHORTENED.value, valid_until__lt=F("previous_until")),
                name="isolation_change_says_which_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change} {self.pk}"


class IsolationLook(models.Model):
    """Up to which decision the sweep has looked at a person, and when it must look again though nothing new came.

    Retention: until the sunset of the epidemic (N4.3).
    """

    person = models.OneToOneField("healthcode.Person", on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey("healthcode.DecisionRecord", on_delete=models.PROTECT, related_name="+")
    looked_at = models.DateTimeField()
    again_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.pk} {self.looked_at:%Y-%m-%d %H:%M}"


class CheckIn(models.Model):
    """What somebody under observation says of themself, daily. Append-only; a fever became ``evidence``.

    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="check_ins")
    form_id = models.CharField(max_length=43, unique=True)
    at = models.DateTimeField()
    by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    temperature = models.DecimalField(max_digits=3, decimal_places=1)
    symptoms = models.JSONField(default=list)
    evidence = models.ForeignKey("healthcode.EvidenceRecord", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(temperature__gte=34, temperature__lte=43), name="check_in_temperature_of_a_body"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "-at"], name="check_in_person_at")]

    def __str__(self) -> str:
        return str(self.public_id)


class IsolationVisit(models.Model):
    """A visit or a call by the officer; a fever it found became ``evidence``. Append-only.

    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(IsolationCase, on_delete=models.PROTECT, related_name="visits")
    way = word_field(VisitWay)
    visited_at = models.DateTimeField()
    # Nobody at the place of isolation is what a visit is there to find out.
    met = models.BooleanField()
    temperature = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    note = models.CharField(max_length=256, blank=True)
    evidence = models.ForeignKey("healthcode.EvidenceRecord", on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            one_of("way", VisitWay),
            models.CheckConstraint(condition=Q(visited_at__lte=F("recorded_at")), name="visit_not_in_future"),
            models.CheckConstraint(
                condition=Q(temperature__isnull=True) | Q(temperature__gte=34, temperature__lte=43),
                name="visit_temperature_of_a_body",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["case", "-visited_at"], name="visit_case_at")]

    def __str__(self) -> str:
        return str(self.public_id)
