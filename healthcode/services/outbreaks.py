"""Outbreak areas (N1.4): three people of three bodies, each with a document, before a place counts as one."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted, body_of
from healthcode.domain.attachments import MAX_BYTES, form_of, plain_name
from healthcode.domain.colours import Level
from healthcode.domain.divisions import is_code
from healthcode.domain.orders import Body
from healthcode.models import Account, AreaDesignation, Cause, OutbreakDocument, OutbreakProposal
from healthcode.services.audit import Act, record_acts
from healthcode.services.errors import Refused
from healthcode.services.recolouring import start_recolouring


class Paper(NamedTuple):
    """A document: its number, and the file of it as it was sent."""

    number: str
    file_name: str
    content: bytes


class OutbreakPlace(NamedTuple):
    """A place: its division (six, nine or twelve digits), its name, and its communities where it is a part only."""

    code: str
    name: str
    communities: Sequence[str] = ()


@transaction.atomic
def propose_outbreak(*, by: Account, place: OutbreakPlace, paper: Paper, reason: str, at: datetime) -> OutbreakProposal:
    """Propose a place as an outbreak area. It changes nothing yet.

    Raises ``NotPermitted``; ``Refused``: those of a paper (``document_required``, ``file_required``,
    ``file_too_large``, ``file_form_unknown``), ``reason_required``, ``not_a_division_code``.
    """
    _check_may(by, "healthcode.add_outbreakproposal", None)
    _check_paper(paper)
    if not reason.strip():
        raise Refused("reason_required")
    if not is_code(place.code):
        raise Refused("not_a_division_code", place.code)
    proposal = OutbreakProposal.objects.create(
        code=place.code,
        name=place.name,
        communities=sorted(set(place.communities)),
        document=paper.number.strip(),
        document_file=_keep(paper, by, at),
        reason=reason.strip(),
        proposed_at=at,
        proposed_by=by,
    )
    _note(by, "propose_outbreak", proposal, proposal.reason, at, proposal.document_file)
    return proposal


@transaction.atomic
def assess_outbreak(*, by: Account, proposal: OutbreakProposal, paper: Paper, at: datetime) -> OutbreakProposal:
    """Put the health commission's assessment on record.

    Raises ``NotPermitted``; ``Refused``: those of a paper (``document_required``, ``file_required``,
    ``file_too_large``, ``file_form_unknown``), ``own_request``, ``already_assessed``.
    """
    _check_may(by, "healthcode.assess_outbreakproposal", Body.HEALTH_COMMISSION)
    _check_paper(paper)
    proposal = _locked(proposal)
    if proposal.assessed_at is not None:
        raise Refused("already_assessed")
    if by.pk == proposal.proposed_by_id:
        raise Refused("own_request")
    proposal.assessment, proposal.assessed_at, proposal.assessed_by = paper.number.strip(), at, by
    proposal.assessment_file = _keep(paper, by, at)
    proposal.save(update_fields=["assessment", "assessment_file", "assessed_at", "assessed_by"])
    _note(by, "assess_outbreak", proposal, "", at, proposal.assessment_file)
    return proposal


@transaction.atomic
def consent_outbreak(*, by: Account, proposal: OutbreakProposal, paper: Paper, at: datetime) -> AreaDesignation:
    """Put the leading group's consent on record: the area exists from ``at`` on, and whom it touches is recoloured.

    Raises ``NotPermitted``; ``Refused``: those of a paper (``document_required``, ``file_required``,
    ``file_too_large``, ``file_form_unknown``), ``not_assessed``, ``own_request``,
    ``already_consented``.
    """
    _check_may(by, "healthcode.consent_outbreakproposal", Body.LEADING_GROUP)
    _check_paper(paper)
    proposal = _locked(proposal)
    if proposal.assessed_at is None:
        raise Refused("not_assessed")
    if proposal.consented_at is not None:
        raise Refused("already_consented")
    if by.pk in (proposal.proposed_by_id, proposal.assessed_by_id):
        raise Refused("own_request")
    proposal.consent, proposal.consented_at, proposal.consented_by = paper.number.strip(), at, by
    proposal.consent_file = _keep(paper, by, at)
    area = _designate(proposal, at)
    proposal.designation = area
    proposal.save(update_fields=["consent", "consent_file", "consented_at", "consented_by", "designation"])
    _note(by, "consent_outbreak", proposal, "", at, proposal.consent_file)
    start_recolouring(by=by, cause=Cause.AREAS, counties=[area.county], effective_at=at, at=at)
    return area


def _designate(proposal: OutbreakProposal, at: datetime) -> AreaDesignation:
    return AreaDesignation.objects.create(
        level=Level.OUTBREAK,
        code=proposal.code,
        county=proposal.code[:6],
        name=proposal.name,
        communities=proposal.communities,
        valid_from=at,
        recorded_at=at,
        document=proposal.consent or "",
        assessed_by=proposal.assessed_by,
        assessed_at=proposal.assessed_at,
        consented_by=proposal.consented_by,
        consented_at=proposal.consented_at,
    )


@transaction.atomic
def end_outbreak(*, by: Account, proposal: OutbreakProposal, reason: str, at: datetime) -> AreaDesignation:
    """End an outbreak area at ``at``: every ground that rests on it ends then. For either of the two bodies.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``not_in_force``.
    """
    if not reason.strip():
        raise Refused("reason_required")
    if body_of(by) not in (Body.HEALTH_COMMISSION, Body.LEADING_GROUP):
        raise NotPermitted(f"{by} may not end an outbreak area")
    proposal = _locked(proposal)
    area = proposal.designation
    if area is None or area.valid_until is not None:
        raise Refused("not_in_force")
    area.valid_until, area.end_recorded_at = at, at
    area.save(update_fields=["valid_until", "end_recorded_at"])
    proposal.ended_by = by
    proposal.save(update_fields=["ended_by"])
    _note(by, "end_outbreak", proposal, reason.strip(), at)
    start_recolouring(by=by, cause=Cause.AREAS, counties=[area.county], effective_at=at, at=at)
    return area


def _locked(proposal: OutbreakProposal) -> OutbreakProposal:
    return OutbreakProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)


def _check_may(by: Account, permission: str, body: Body | None) -> None:
    may = not by.is_superuser and by.has_perm(permission)
    if not may or (body is not None and body_of(by) is not body):
        raise NotPermitted(f"{by} may not: {permission}")


def _check_paper(paper: Paper) -> str:
    """Return the form of the paper's file."""
    if not paper.number.strip():
        raise Refused("document_required")
    if not paper.content:
        raise Refused("file_required")
    if len(paper.content) > MAX_BYTES:
        raise Refused("file_too_large")
    form = form_of(paper.content)
    if form is None:
        raise Refused("file_form_unknown")
    return form


def _keep(paper: Paper, by: Account, at: datetime) -> OutbreakDocument:
    form = _check_paper(paper)
    return OutbreakDocument.objects.create(
        name=plain_name(paper.file_name, form),
        form=form,
        content=paper.content,
        size=len(paper.content),
        sha256=sha256(paper.content).hexdigest(),
        added_at=at,
        added_by=by,
    )


def _note(
    by: Account,
    action: str,
    proposal: OutbreakProposal,
    reason: str,
    at: datetime,
    file: OutbreakDocument | None = None,
) -> None:
    detail = {"proposal": str(proposal.public_id), "code": proposal.code}
    if file is not None:
        detail["file"] = file.sha256
    record_acts(by=by, at=at, acts=[Act(action, None, detail, reason)])
