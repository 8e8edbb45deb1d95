"""Evidence and where it comes from (N3.2). Append-only in the database: correcting is retracting plus recording."""

import uuid
from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.evidence import ORDERS, Evidence, Kind
from healthcode.domain.instants import to_china
from healthcode.models.copying import as_text, instant_of
from healthcode.models.fields import DIVISION_LENGTH, append_only, one_of, word_field

# Kinds that may make a code red by themselves, beside a positive test.
REDDENING = frozenset(
    {Kind.ISOLATION_ORDER, Kind.CONTROL_ORDER, Kind.CLOSE_CONTACT, Kind.OVERSEAS_ENTRY, Kind.DIAGNOSIS}
)


class SourceCategory(StrEnum):
    """Who shares epidemic data under N3.2. A phone's position (``telecom``) alone may only open a question."""

    HEALTH = "health"
    POLICE = "police"
    TELECOM = "telecom"
    CUSTOMS = "customs"
    BORDER = "border"
    TRANSPORT = "transport"
    AVIATION = "aviation"
    RAIL = "rail"
    NATIONAL = "national"
    PROVINCE = "province"
    HEADQUARTERS = "headquarters"
    SELF = "self"


class Source(models.Model):
    """A system or body that may record evidence, and the kinds it may assert."""

    code = models.CharField(max_length=32, unique=True)
    category = word_field(SourceCategory)
    name = models.CharField(max_length=64)
    name_en = models.CharField(max_length=96)
    kinds = models.JSONField(default=list)
    division = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [one_of("category", SourceCategory)]

    def __str__(self) -> str:
        return f"{self.name}（{self.code}）"

    def may_assert(self, kind: Kind) -> bool:
        """Tell whether this source may record ``kind``; whoever may assert a kind may also withdraw it."""
        return self.is_active and (kind is Kind.RETRACTION or kind.value in self.kinds)


class EvidenceBatch(models.Model):
    """Records that came together: a file or a request. Naming it is what makes withdrawing it one act."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=160)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class EvidenceRecordQuerySet(models.QuerySet["EvidenceRecord"]):
    """Filters of evidence."""

    def of(self, person_ids: list[int]) -> "EvidenceRecordQuerySet":
        """Keep the records of these people, with their source."""
        return self.filter(person_id__in=person_ids).select_related("source", "retracts")

    def said_of(self, person_ids: list[int]) -> Iterator[tuple[int, Evidence]]:
        """Yield the records of these people as the rules take them, each with its person's key.

        What ``as_domain`` says of each, without an instance: deciding for many people reads little else.
        """
        texts = ("at", "ended_at", "recorded_at", "until", "reported_at", "public_id")
        plain = ("person_id", "retracts_id", "kind", "source__category", "place", "community", "detail", "reason")
        rows = list(self.filter(person_id__in=person_ids).values_list(*map(as_text, texts), *plain))
        named = {row[7] for row in rows if row[7] is not None}
        withdrawn = {pk: str(public_id) for pk, public_id in self.filter(pk__in=named).values_list("pk", "public_id")}
        for at, ended_at, recorded_at, until, reported_at, public_id, *rest in rows:
            person_id, retracts, kind, category, place, community, detail, reason = rest
            said = Evidence(
                id=public_id,
                kind=Kind(kind),
                at=instant_of(at),
                ended_at=instant_of(ended_at),
                recorded_at=instant_of(recorded_at),
                until=instant_of(until) if until else None,
                source=category,
                place=place,
                community=community,
                detail=detail,
                reported_at=instant_of(reported_at) if reported_at else None,
                retracts=withdrawn[retracts] if retracts else "",
                reason=reason,
            )
            yield person_id, said


class EvidenceRecord(models.Model):
    """One immutable record about one person (涉疫信息).

    ``source_ref`` is the department's own number: the same number from the same source is the same record.
    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="evidence")
    kind = word_field(Kind)
    at = models.DateTimeField()
    ended_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="evidence")
    source_ref = models.CharField(max_length=64)
    batch = models.ForeignKey(EvidenceBatch, on_delete=models.PROTECT, null=True, related_name="evidence")
    place = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    community = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    retracts = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="retractions")
    reason = models.CharField(max_length=256, blank=True)
    order = models.ForeignKey(
        "healthcode.ControlOrderRequest", on_delete=models.PROTECT, null=True, related_name="evidence"
    )
    recorded_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = EvidenceRecordQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            one_of("kind", Kind),
            models.UniqueConstraint(fields=["source", "source_ref"], name="evidence_one_per_source_ref"),
            models.CheckConstraint(condition=~Q(source_ref=""), name="evidence_source_ref_given"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("at")), name="evidence_until_not_before_at"
            ),
            models.CheckConstraint(condition=Q(ended_at__gte=F("at")), name="evidence_ended_not_before_at"),
            models.CheckConstraint(
                condition=~Q(kind__in=sorted(kind.value for kind in ORDERS)) | Q(until__isnull=False),
                name="evidence_order_has_end",
            ),
            models.CheckConstraint(
                condition=(Q(kind=Kind.RETRACTION.value) & Q(retracts__isnull=False) & ~Q(reason=""))
                | (~Q(kind=Kind.RETRACTION.value) & Q(retracts__isnull=True)),
                name="evidence_retraction_names_record_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.CONTROL_ORDER.value, order__isnull=False)
                | (~Q(kind=Kind.CONTROL_ORDER.value) & Q(order__isnull=True)),
                name="evidence_control_order_was_approved",
            ),
            models.UniqueConstraint(
                fields=["order", "person"], condition=Q(order__isnull=False), name="evidence_order_carried_out_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.AREA_STAY.value) | ~Q(place=""), name="evidence_stay_has_place"
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.NAT_RESULT.value) | Q(reported_at__isnull=False),
                name="evidence_test_has_report",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "at"], name="evidence_person_at"),
            models.Index(fields=["place"], condition=Q(kind=Kind.AREA_STAY.value), name="evidence_stay_place"),
            # What one unit made red of late; of the millions of tests only the positive ones are in it.
            models.Index(
                fields=["source", "recorded_at"],
                condition=Q(kind__in=sorted(kind.value for kind in REDDENING))
                | Q(kind=Kind.NAT_RESULT.value, detail__result="positive"),
                name="evidence_reddens",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def as_domain(self) -> Evidence:
        """Return the record as the rules take it. Needs ``source`` and ``retracts`` loaded."""
        return Evidence(
            id=str(self.public_id),
            kind=Kind(self.kind),
            at=to_china(self.at),
            ended_at=to_china(self.ended_at),
            recorded_at=to_china(self.recorded_at),
            until=to_china(self.until) if self.until else None,
            source=self.source.category,
            place=self.place,
            community=self.community,
            detail=self.detail,
            reported_at=to_china(self.reported_at) if self.reported_at else None,
            retracts=str(self.retracts.public_id) if self.retracts else "",
            reason=self.reason,
        )
