"""``load_evidence`` over a file of test results, beside COPY of the same file and one INSERT … SELECT.

Nine in ten rows are about people who hold a code, one in ten about somebody new; both sides write to the same tables
with the same constraints. Ours besides checks every row, finds or makes the people, audits each record and decides.
"""

import csv
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from healthcode.domain.identity import Document, DocumentType, make_resident_number
from healthcode.models import Person, Source
from healthcode.services.feeds import install_feeds
from healthcode.services.persons import Application, enrol_people
from tests.bench import yardsticks
from tests.bench.database import NOON, own_database

ROWS, QUICK = 250_000, 5_000
ROUNDS = 5
COLUMNS = ("编号", "姓名", "证件类型", "证件号码", "类型", "时间", "结果", "报告时间")
_COUNTY = "330106"


def bench_import(quick: bool = False) -> tuple[float, float]:
    """Give (ours, COPY and INSERT … SELECT) rows a second: the medians of 5 rounds in turn, each with new numbers."""
    rows = (QUICK if quick else ROWS) // ROUNDS
    with own_database(), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        install_feeds(by=None, at=NOON)
        _enrol(rows * 9 // 10)
        ours, bare = [], []
        for turn in range(ROUNDS):
            file = _write(Path(folder) / f"tests-{turn}.csv", rows, turn)
            ours.append(rows / _elapsed(_load, file))
            other = _write(Path(folder) / f"bare-{turn}.csv", rows, ROUNDS + turn)
            bare.append(rows / _elapsed(_copy, other))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stderr.write(f"import: {rows * ROUNDS:,} rows of ours in {ROUNDS} files, peak memory {peak:,.0f} MB\n")
    return median(ours), median(bare)


def _source() -> Source:
    return Source.objects.get(code="zj-health")


def _load(file: Path) -> None:
    with open("/dev/null", "w") as nowhere:
        call_command("load_evidence", file, source="zj-health", stdout=nowhere)


def _copy(file: Path) -> None:
    yardsticks.copy_and_insert(file, _source().pk, NOON)


def _elapsed(work: Callable[[Path], None], file: Path) -> float:
    started = time.perf_counter()
    work(file)
    return time.perf_counter() - started


def number_of(index: int) -> str:
    """Return the resident number of the person of this index: 20 million of them, each another."""
    return make_resident_number(_COUNTY, date(1940, 1, 1) + timedelta(days=index // 999), index % 999 + 1)


def _enrol(people: int) -> None:
    """Make people with codes, a thousand at a time."""
    for start in range(0, people, 1_000):
        numbers = [number_of(index) for index in range(start, min(start + 1_000, people))]
        documents = [Document(DocumentType.RESIDENT_ID, number, None, None, _COUNTY) for number in numbers]
        applications = [Application(one, "", "王小明", "", _COUNTY, _COUNTY) for one in documents]
        with transaction.atomic():
            enrol_people(by=None, applications=applications, at=NOON)
    assert Person.objects.count() == people
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _write(path: Path, rows: int, turn: int) -> Path:
    """Write a file of negative tests, every one sampled at a minute of the day before: none of them is late."""
    known = rows * 9 // 10
    begin = timezone.localtime() - timedelta(hours=22)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for index in range(rows):
            person = index if index < known else 5_000_000 + turn * rows + index
            at = begin + timedelta(minutes=index % 1140)
            times = f"{at:%Y-%m-%d %H:%M}", f"{at + timedelta(hours=2):%Y-%m-%d %H:%M}"
            number = f"B{turn}-{index}"
            writer.writerow((number, "王小明", "身份证", number_of(person), "核酸检测", times[0], "阴性", times[1]))
    return path
