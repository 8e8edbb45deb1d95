"""Loading administrative divisions (属地): provinces to counties with their history, townships from a file."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction

from healthcode.domain.cases import Malformed
from healthcode.domain.divisions import division_history, is_code, known_division_codes
from healthcode.domain.instants import to_china
from healthcode.models import Account, Division
from healthcode.services.audit import record_act

_LOCK = 4_510_001
_CHUNK = 2_000
_STREET_COLUMNS = ["code", "name", "areaCode", "provinceCode", "cityCode"]
_TOWNSHIP = 9


class Row(NamedTuple):
    """A division as a source has it: the columns of ``Division``."""

    code: str
    name: str
    parent_code: str
    first_seen: str
    last_seen: str


class DivisionReport(NamedTuple):
    """How many divisions a load added, gave another name, ended, and left as they were."""

    added: int
    renamed: int
    ended: int
    unchanged: int


@transaction.atomic
def load_divisions(*, by: Account | None, streets: Path | None, at: datetime) -> DivisionReport:
    """Bring the divisions up to date with the packages, and townships with the CSV file ``streets`` if given.

    Only townships of counties that the file names can end by it. Loading the same again changes nothing. Raises
    ``Malformed`` (line and column) for a file that is not of the form, ``OSError`` for one that cannot be read.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    wanted = list(_spans())
    if streets is not None:
        wanted += read_streets(streets)
    report = _bring_up_to_date(wanted, f"{to_china(at):%Y-%m}")
    if report.added or report.renamed or report.ended:
        record_act(by=by, at=at, action="load_divisions", **report._asdict())
    return report


def _spans() -> Iterator[Row]:
    for span in division_history():
        yield Row(span.code, span.name, span.parent or "", span.first_seen, span.last_seen or "")


def _bring_up_to_date(wanted: list[Row], month: str) -> DivisionReport:
    """Write the difference in three statements or so; ``month`` is when what is no longer there was last seen."""
    there = {
        (row.code, row.name, row.first_seen): row
        for row in (Row(*values) for values in Division.objects.order_by("pk").values_list(*Row._fields))
    }
    current = {row.code: row for row in there.values() if not row.last_seen}
    fresh = [row for row in wanted if there.get((row.code, row.name, row.first_seen)) != row]
    ended = list(_ended(current, wanted))
    renamed = [row for row in fresh if not row.last_seen and _has_other_name(current.get(row.code), row)]
    replaced = {row.code for row in renamed}
    # First what is over: one code has one current row.
    gone = [row.code for row in ended] + sorted(replaced)
    Division.objects.filter(code__in=gone, last_seen="").update(last_seen=month)
    Division.objects.bulk_create(
        (Division(**row._asdict()) for row in fresh),
        batch_size=_CHUNK,
        update_conflicts=True,
        unique_fields=["code", "name", "first_seen"],
        update_fields=["parent_code", "last_seen"],
    )
    over = [row for row in fresh if row.last_seen and row.code in current and row.code not in replaced]
    added = len({row.code for row in fresh} - {row.code for row in there.values()})
    return DivisionReport(added, len(renamed), len(ended) + len(over), len(wanted) - len(fresh))


def _has_other_name(row: Row | None, wanted: Row) -> bool:
    return row is not None and (row.name, row.first_seen) != (wanted.name, wanted.first_seen)


def _ended(current: Mapping[str, Row], wanted: Iterable[Row]) -> Iterator[Row]:
    """Yield the townships that their county's list no longer has; larger divisions end by their own last month."""
    wanted = list(wanted)
    townships = {row.code for row in wanted if len(row.code) == _TOWNSHIP}
    counties = {code[:6] for code in townships}
    for code, row in current.items():
        if len(code) == _TOWNSHIP and code[:6] in counties and code not in townships:
            yield row


def read_streets(path: Path) -> list[Row]:
    """Read townships from a CSV file with the columns code, name, areaCode, provinceCode and cityCode.

    Raises ``Malformed`` naming the line and what is wrong there.
    """
    rows: dict[str, Row] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            if header != _STREET_COLUMNS:
                raise Malformed("line 1", f"expected the columns {','.join(_STREET_COLUMNS)}, got {','.join(header)}")
            for cells in reader:
                if cells:
                    row = _street(cells, f"line {reader.line_num}")
                    if row.code in rows:
                        raise Malformed(f"line {reader.line_num}", f"code {row.code} is there twice")
                    rows[row.code] = row
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start}", "the file is not UTF-8") from error
    except csv.Error as error:
        raise Malformed("file", f"no CSV: {error}") from error
    return list(rows.values())


def _street(cells: list[str], where: str) -> Row:
    if len(cells) != len(_STREET_COLUMNS):
        raise Malformed(where, f"expected {len(_STREET_COLUMNS)} columns, got {len(cells)}")
    code, name, county, province, prefecture = (cell.strip() for cell in cells)
    if len(code) != _TOWNSHIP or not is_code(code):
        raise Malformed(where, f"code: expected nine digits of a township, got {code!r}")
    if not 0 < len(name) <= 64 or "\0" in name:
        raise Malformed(where, f"name: expected 1 to 64 characters, got {name!r}")
    for column, given, prefix in (("areaCode", county, 6), ("provinceCode", province, 2), ("cityCode", prefecture, 4)):
        if given != code[:prefix]:
            raise Malformed(where, f"{column}: {given!r} does not fit the code {code}")
    if county not in known_division_codes():
        raise Malformed(where, f"areaCode: nobody knows the county {county!r}")
    return Row(code, name, county, "", "")
