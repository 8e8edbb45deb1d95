"""Importing a file in the back office: it is uploaded and tried out, shown, and confirmed as it was shown (N3.2).

What a file would do is found by doing it: the services of every import run in a transaction that is rolled back. The
confirmation names the digest of what was shown; if the same file would by now do anything else, it does nothing.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from healthcode.access import check_can_import, is_in_jurisdiction
from healthcode.domain.cases import Malformed
from healthcode.domain.colours import Colour
from healthcode.domain.identity import DocumentType
from healthcode.domain.masking import mask_name, mask_number
from healthcode.gateways.tables import opened_stream
from healthcode.models import Account, Alarm, EvidenceUpload, Person, Source, vault
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.decisions import lock_people
from healthcode.services.errors import Refused
from healthcode.services.import_rows import RefusedRow, Row, RowError, RowReader, Table
from healthcode.services.imports import ImportReport, load_evidence
from healthcode.services.reads import colours_now

MAX_BYTES = 2 * 1024 * 1024
KEPT, KEPT_CONFIRMED = timedelta(hours=1), timedelta(days=1)
# More rows of a list help nobody who has to say yes or no; the counts are of all.
SHOWN = 200
_CONTENT, _PREVIEW = "upload.content", "upload.preview"


class File(NamedTuple):
    """An uploaded file: its name, its bytes, and the codes of countries by their names."""

    name: str
    data: bytes
    countries: Mapping[str, str]


class Fault(NamedTuple):
    """A row that would be refused: its line, the column as the file calls it, the reason as a code, and what."""

    line: int
    column: str
    code: str
    what: str


class Turn(NamedTuple):
    """Somebody whose colour would change: name and number, masked, and from what to what (nothing: no code yet)."""

    name: str
    number: str
    was: str
    then: str


class Held(NamedTuple):
    """An alarm that would freeze the rows."""

    anomaly: str
    number: int
    of: int
    about: str


class Preview(NamedTuple):
    """What a file would do. ``faults`` and ``turns`` are the first of ``refused`` and ``turned``.

    ``elsewhere``: how many of those whose colour would change live outside the reader's division; they are not named.
    """

    new: int
    duplicate: int
    refused: int
    held: int
    turned: int
    elsewhere: int
    faults: Sequence[Fault]
    turns: Sequence[Turn]
    alarms: Sequence[Held]


class _Done(NamedTuple):
    """What a file did: its report, what is shown of it, its digest, and the people whose colours are shown."""

    report: ImportReport
    preview: Preview
    digest: str
    looked_at: Sequence[int]


def upload_evidence(*, by: Account, source: Source, file: File, at: datetime) -> EvidenceUpload:
    """Try a file out without recording anything, and keep it sealed with what it would do until it is confirmed.

    Raises ``NotPermitted``, ``NoRuleSet``; ``Refused``: ``upload_too_large`` (2 MB), ``file_too_long`` (more rows than
    ``HC_PREVIEW_ROWS``), ``file_unreadable``.
    """
    check_can_import(by, source)
    if len(file.data) > MAX_BYTES:
        raise Refused("upload_too_large")
    tried = _try_out(by, source, file, at)
    with transaction.atomic():
        upload = EvidenceUpload.objects.create(
            source=source,
            name=file.name[:160],
            uploaded_by=by,
            uploaded_at=at,
            expires_at=at + KEPT,
            digest=hashlib.sha256(file.data).hexdigest(),
            preview_digest=tried.digest,
            content_sealed=vault().seal(b64encode(file.data).decode(), _CONTENT),
            preview_sealed=_sealed(tried.preview),
        )
        _note_look(by, upload, tried, at)
    return upload


def confirm_upload(
    *, by: Account, upload: EvidenceUpload, digest: str, countries: Mapping[str, str], at: datetime
) -> EvidenceUpload:
    """Record what was shown under ``digest``, once, and destroy the file; a second confirmation changes nothing.

    Where the file would by now do something else, nothing is recorded and the preview is made anew. Raises
    ``NotPermitted``; ``Refused``: ``upload_expired``, ``preview_differs``, ``file_too_long`` and ``file_unreadable``.
    """
    with transaction.atomic():
        # Without its batch: who waited here would be given the row anew, and the batch of before.
        row = EvidenceUpload.objects.select_for_update(of=("self",)).select_related("source").get(pk=upload.pk)
        check_can_import(by, row.source)
        if row.confirmed_at is not None:
            return row
        if row.expires_at <= at or row.uploaded_by_id != by.pk:
            raise Refused("upload_expired")
        done = _record_if(by, row, digest, countries, at)
        if done is not None:
            return _close(by, row, done, at)
    raise Refused("preview_differs")


def _record_if(
    by: Account, row: EvidenceUpload, digest: str, countries: Mapping[str, str], at: datetime
) -> _Done | None:
    """Record the file if that does what ``digest`` stands for; otherwise undo it, and keep what it would do."""
    data = b64decode(vault().open(row.content_sealed or b"", _CONTENT))
    with transaction.atomic():
        done = _carry_out(by, row.source, File(row.name, data, countries), at)
        if done.digest == digest:
            return done
        transaction.set_rollback(True)
    row.preview_digest, row.preview_sealed = done.digest, _sealed(done.preview)
    row.save(update_fields=["preview_digest", "preview_sealed"])
    _note_look(by, row, done, at)
    return None


def _close(by: Account, row: EvidenceUpload, done: _Done, at: datetime) -> EvidenceUpload:
    counts = {name: getattr(done.preview, name) for name in ("new", "duplicate", "refused", "held", "turned")}
    row.confirmed_at, row.batch, row.counts = at, done.report.batch, counts
    row.content_sealed = row.preview_sealed = None
    row.save(update_fields=["confirmed_at", "batch", "counts", "content_sealed", "preview_sealed"])
    record_act(by=by, at=at, action="confirm_upload", upload=str(row.public_id), file=row.digest, **counts)
    return row


@transaction.atomic
def destroy_uploads(*, by: Account | None, at: datetime) -> int:
    """Destroy the files that nobody confirmed in an hour, and what is noted of others after a day; return how many."""
    destroyed, _of = EvidenceUpload.objects.over(at, at - KEPT_CONFIRMED).delete()
    if destroyed:
        record_act(by=by, at=at, action="destroy_uploads", uploads=destroyed)
    return destroyed


def read_preview(upload: EvidenceUpload) -> Preview:
    """Return what was shown of an upload that is not confirmed yet."""
    said: dict[str, Any] = json.loads(vault().open(upload.preview_sealed or b"", _PREVIEW))
    parts = {"faults": Fault, "turns": Turn, "alarms": Held}
    return Preview(**said | {name: [part(*one) for one in said[name]] for name, part in parts.items()})


def _sealed(preview: Preview) -> bytes:
    return vault().seal(json.dumps(preview._asdict()), _PREVIEW)


def _note_look(by: Account, upload: EvidenceUpload, done: _Done, at: datetime) -> None:
    """Write down the upload, and whose colours its preview shows (N4.2)."""
    record_act(by=by, at=at, action="upload_evidence", upload=str(upload.public_id), source=upload.source.code)
    looks = [Act("read_person", person_id, {"purpose": "import_preview"}) for person_id in done.looked_at]
    record_acts(by=by, at=at, acts=looks)


# --- trying out -------------------------------------------------------------------------------------------


def _try_out(by: Account, source: Source, file: File, at: datetime) -> _Done:
    with transaction.atomic():
        done = _carry_out(by, source, file, at)
        transaction.set_rollback(True)
    return done


def _carry_out(by: Account, source: Source, file: File, at: datetime) -> _Done:
    """Record a file, and say what that did. The people it names are locked first, so that nobody else turns them."""
    table = _table(file)
    named = _named(RowReader(source, table, at), table)
    known = {bytes(person.number_index): person for person in Person.objects.filter(number_index__in=list(named))}
    lock_people(person.pk for person in known.values())
    before = colours_now(person_ids=[person.pk for person in known.values()], at=at)
    refused: list[RefusedRow] = []
    report = load_evidence(by=by, source=source, table=table, at=at, refuse=refused.append)
    there = Person.objects.filter(number_index__in=list(named)).order_by("pk")
    people = {bytes(person.number_index): person for person in there}
    after = colours_now(person_ids=[person.pk for person in people.values()], at=at)
    turned = {
        key: (before.get(person.pk), after[person.pk])
        for key, person in people.items()
        if person.pk in after and after[person.pk] is not before.get(person.pk, Colour.GREEN)
    }
    # Whom the file itself brings is no secret to who has the file.
    shown = [key for key in turned if key not in known or is_in_jurisdiction(by, known[key])]
    preview = Preview(
        new=report.new,
        duplicate=report.duplicate,
        refused=report.refused,
        held=report.held,
        turned=len(turned),
        elsewhere=len(turned) - len(shown),
        faults=[_fault(row, table) for row in refused[:SHOWN]],
        turns=[_turn(people[key], *turned[key]) for key in shown[:SHOWN]],
        alarms=list(_alarms(report)),
    )
    looked_at = [known[key].pk for key in shown[:SHOWN] if key in known]
    return _Done(report, preview, _digest(file, source, preview, refused, turned), looked_at)


def _table(file: File) -> Table:
    """Return the whole of a file that is not too long."""
    try:
        with opened_stream(BytesIO(file.data)) as opened:
            lines = list(islice(opened.lines(), settings.HC_PREVIEW_ROWS + 1))
    except Malformed as error:
        raise Refused("file_unreadable", str(error)) from error
    if len(lines) > settings.HC_PREVIEW_ROWS:
        raise Refused("file_too_long")
    return Table(file.name, opened.header, lines, file.countries)


def _named(reader: RowReader, table: Table) -> Mapping[bytes, Row]:
    """Return a row about each person whom the file names."""
    found: dict[bytes, Row] = {}
    for line in table.lines:
        try:
            row = reader.read(line)
        except RowError:
            continue
        found.setdefault(row.key, row)
    return found


def _alarms(report: ImportReport) -> Iterator[Held]:
    if report.batch is not None and report.held:
        for alarm in Alarm.objects.filter(held__batch=report.batch).order_by("pk"):
            yield Held(alarm.anomaly, alarm.number, alarm.of, alarm.about)


def _turn(person: Person, was: Colour | None, then: Colour) -> Turn:
    number = mask_number(DocumentType(person.document_type), person.number)
    return Turn(mask_name(person.name), number, was or "", then)


def _fault(row: RefusedRow, table: Table) -> Fault:
    return Fault(row.line.number, table.header.column(row.field), row.code, row.what)


def _digest(
    file: File,
    source: Source,
    preview: Preview,
    refused: Sequence[RefusedRow],
    turned: Mapping[bytes, tuple[Colour | None, Colour]],
) -> str:
    """Return what stands for the file and all that it does, beyond what is shown."""
    said = [
        hashlib.sha256(file.data).hexdigest(),
        source.code,
        [preview.new, preview.duplicate, preview.refused, preview.held],
        [(row.line.number, row.field, row.code) for row in refused],
        sorted((key.hex(), was or "", then) for key, (was, then) in turned.items()),
        preview.alarms,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
