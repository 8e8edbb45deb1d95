"""Control orders (其他须纳入): asked for by one, approved by two of different bodies, carried out after a delay."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.orders import Body, ListOrigin, Measure, OrderReason, OrderState, state_of_order
from healthcode.models.fields import append_only, in_steps, one_of, word_field


class ControlOrderQuerySet(models.QuerySet["ControlOrderRequest"]):
    """Filters of orders."""

    def due(self, at: datetime) -> "ControlOrderQuerySet":
        """Keep what was approved, has waited, and nobody stopped."""
        return self.filter(
            carry_out_after__lte=at, carried_out_at__isnull=True, stopped_at__isnull=True, valid_until__gt=at
        )


class ControlOrderRequest(models.Model):
    """An order that is asked for. What it says never changes; each of its instants is set once.

    ``list_name`` names the paper or file the people were taken from.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.CharField(max_length=96)
    reason = word_field(OrderReason)
    measure = word_field(Measure)
    valid_until = models.DateTimeField()
    origin = word_field(ListOrigin)
    list_name = models.CharField(max_length=160, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    carry_out_after = models.DateTimeField(null=True)
    carried_out_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    objects: ClassVar = ControlOrderQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("approve_controlorderrequest", "May approve a control order")]
        triggers: ClassVar = in_steps("approved_at", "carry_out_after", "carried_out_at", "stopped_at")
        constraints: ClassVar = [
            one_of("reason", OrderReason),
            one_of("measure", Measure),
            one_of("origin", ListOrigin),
            models.CheckConstraint(condition=~Q(document=""), name="order_document_given"),
            models.CheckConstraint(condition=Q(valid_until__gt=F("requested_at")), name="order_from_until"),
            models.CheckConstraint(
                condition=Q(origin=ListOrigin.NAMED_ONE_BY_ONE.value) | ~Q(list_name=""), name="order_list_is_named"
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, carry_out_after__isnull=True)
                | Q(approved_at__isnull=False, carry_out_after__isnull=False, carry_out_after__gte=F("approved_at")),
                name="order_approval_starts_delay",
            ),
            models.CheckConstraint(
                condition=Q(carried_out_at__isnull=True)
                | Q(
                    carry_out_after__isnull=False,
                    carried_out_at__gte=F("carry_out_after"),
                    stopped_at__isnull=True,
                ),
                name="order_waits_before_it_is_carried_out",
            ),
        ]

    def __str__(self) -> str:
        return self.document

    def state_at(self, at: datetime) -> OrderState:
        """Return where the order stands at ``at``."""
        return state_of_order(
            approved_at=self.approved_at,
            stopped_at=self.stopped_at,
            carried_out_at=self.carried_out_at,
            valid_until=self.valid_until,
            at=at,
        )


class OrderedPerson(models.Model):
    """A person an order names. Append-only. Retention: until the sunset of the epidemic (N4.3)."""

    order = models.ForeignKey(ControlOrderRequest, on_delete=models.PROTECT, related_name="people")
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "person"], name="order_names_once")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.person_id}"


class OrderApproval(models.Model):
    """One body's yes. Append-only: one a body, one an account, never the requester's own."""

    order = models.ForeignKey(ControlOrderRequest, on_delete=models.PROTECT, related_name="approvals")
    body = word_field(Body)
    by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    # Copied from the order, so that the database itself can compare the two.
    requested_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            one_of("body", Body),
            models.UniqueConstraint(fields=["order", "body"], name="order_approval_one_a_body"),
            models.UniqueConstraint(fields=["order", "by"], name="order_approval_one_a_person"),
            models.CheckConstraint(condition=~Q(by=F("requested_by")), name="order_approval_not_own"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.body}"
