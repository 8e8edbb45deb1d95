"""Files as departments send them, made by tests: CSV and workbooks."""

import csv
import io
from collections.abc import Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

from healthcode.models import EvidenceUpload
from healthcode.services.uploads import File
from tests.people import CITIZEN, stranger

HEADER = ("编号", "姓名", "证件类型", "证件号码", "类型", "时间", "结果")


def row(number: str, who: str = CITIZEN.document.number, result: str = "阴性", name: str = "王晓明") -> list[str]:
    """Return a test result of a day ago."""
    return [number, name, "身份证", who, "核酸检测", "2020-07-07 09:00", result]


def contact(number: str, index: int) -> list[str]:
    """Return a close contact, a stranger of this number."""
    return [number, "陈一", "身份证", stranger(index).document.number, "密接", "2020-07-07 09:00", ""]


def csv_bytes(*rows: Sequence[str], header: Sequence[str] = HEADER, encoding: str = "utf-8-sig") -> bytes:
    """Return a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def csv_file(*rows: Sequence[str], header: Sequence[str] = HEADER) -> File:
    """Return an uploaded CSV file."""
    return File("rows.csv", csv_bytes(*rows, header=header), {})


def xlsx_bytes(*rows: Sequence[Any], header: Sequence[str] = HEADER, formats: dict[str, str] | None = None) -> bytes:
    """Return a workbook; ``formats`` are number formats by cell."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (header, *rows):
        sheet.append(list(cells))
    for place, number_format in (formats or {}).items():
        sheet[place].number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(workbook: bytes, part: str, content: bytes) -> bytes:
    """Return the workbook with another content of one of its parts, or one part more."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(workbook)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == part else old.read(info))
        if part not in old.namelist():
            new.writestr(part, content)
    return out.getvalue()


def digest_of(upload: EvidenceUpload) -> str:
    """Return the digest of what an upload shows, read afresh."""
    upload.refresh_from_db()
    return upload.preview_digest
