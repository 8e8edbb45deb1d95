"""Loading divisions: history from the packages, townships from a file, and only what differs is written."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from healthcode.domain.cases import Malformed
from healthcode.domain.divisions import division_history
from healthcode.models import AuditEntry, Division
from healthcode.services.divisions import load_divisions, read_streets
from tests.healthcode.area_kit import SHARED

HEADER = "code,name,areaCode,provinceCode,cityCode"
XIXI = "330106110,西溪街道,330106,33,3301"
BEISHAN = "330106001,北山街道,330106,33,3301"
STREETS = SHARED / "divisions" / "streets_zhejiang.csv"
pytestmark = pytest.mark.django_db


@pytest.fixture
def streets(tmp_path: Path) -> Any:
    """Write a file of townships and return its path."""

    def write(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
        path = tmp_path / "streets.csv"
        path.write_text("\n".join([header, *lines, ""]), encoding=encoding)
        return path

    return write


def test_every_division_since_1980_is_loaded(at: datetime) -> None:
    report = load_divisions(by=None, streets=None, at=at)
    assert report == (len(division_history()), 0, 0, 0)
    assert Division.objects.current().get(code="330106").name == "西湖区"


@pytest.mark.parametrize(("code", "name"), [("330103", "下城区"), ("330104", "江干区")])
def test_an_abolished_county_keeps_its_years(at: datetime, code: str, name: str) -> None:
    load_divisions(by=None, streets=None, at=at)
    row = Division.objects.get(code=code)
    assert (row.name, row.first_seen, row.last_seen, row.parent_code) == (name, "1980-12", "2019-04", "330100")


def test_loading_again_changes_nothing(at: datetime, streets: Any) -> None:
    load_divisions(by=None, streets=streets(XIXI), at=at)
    report = load_divisions(by=None, streets=streets(XIXI), at=at)
    assert report == (0, 0, 0, len(division_history()) + 1)
    assert AuditEntry.objects.filter(action="load_divisions").count() == 1


def test_a_township_is_added_below_its_county(at: datetime, streets: Any) -> None:
    load_divisions(by=None, streets=streets(XIXI), at=at)
    row = Division.objects.get(code="330106110")
    assert (row.name, row.parent_code, row.last_seen) == ("西溪街道", "330106", "")


def test_a_renamed_township_keeps_its_old_name_as_history(at: datetime, streets: Any) -> None:
    load_divisions(by=None, streets=streets(XIXI), at=at)
    report = load_divisions(by=None, streets=streets(XIXI.replace("西溪街道", "新街道")), at=at)
    assert (report.added, report.renamed, report.ended) == (0, 1, 0)
    rows = Division.objects.filter(code="330106110").order_by("last_seen").values_list("name", "last_seen")
    assert list(rows) == [("新街道", ""), ("西溪街道", "2020-07")]


def test_a_township_that_is_listed_no_more_ends(at: datetime, streets: Any) -> None:
    load_divisions(by=None, streets=streets(XIXI, BEISHAN), at=at)
    report = load_divisions(by=None, streets=streets(BEISHAN), at=at)
    assert (report.added, report.ended) == (0, 1)
    assert Division.objects.get(code="330106110").last_seen == "2020-07"


def test_a_township_that_comes_back_is_current_again(at: datetime, streets: Any) -> None:
    for lines in ([XIXI, BEISHAN], [BEISHAN], [XIXI, BEISHAN]):
        load_divisions(by=None, streets=streets(*lines), at=at)
    assert Division.objects.current().filter(code="330106110").count() == 1


def test_a_file_of_one_county_leaves_the_others_alone(at: datetime, streets: Any) -> None:
    load_divisions(by=None, streets=streets(XIXI, "330102001,清波街道,330102,33,3301"), at=at)
    report = load_divisions(by=None, streets=streets(XIXI), at=at)
    assert report.ended == 0


def test_a_division_that_the_packages_end_is_ended(at: datetime) -> None:
    Division.objects.create(code="330104", name="江干区", parent_code="330100", first_seen="1980-12")
    report = load_divisions(by=None, streets=None, at=at)
    assert report.ended == 1
    assert Division.objects.get(code="330104").last_seen == "2019-04"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("330106,西溪街道,330106,33,3301", "line 2: code: expected nine digits of a township, got '330106'"),
        ("330106110,,330106,33,3301", "line 2: name: expected 1 to 64 characters, got ''"),
        ("330106110,西溪街道,330105,33,3301", "line 2: areaCode: '330105' does not fit the code 330106110"),
        ("330106110,西溪街道,330106,34,3301", "line 2: provinceCode: '34' does not fit the code 330106110"),
        ("330106110,西溪街道,330106,33,3302", "line 2: cityCode: '3302' does not fit the code 330106110"),
        ("330199110,西溪街道,330199,33,3301", "line 2: areaCode: nobody knows the county '330199'"),
        ("330106110,西溪街道,330106,33", "line 2: expected 5 columns, got 4"),
    ],
)
def test_a_bad_line_is_named(streets: Any, line: str, said: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_streets(streets(line))
    assert str(refused.value) == said


def test_a_code_twice_is_named(streets: Any) -> None:
    with pytest.raises(Malformed, match="line 3: code 330106110 is there twice"):
        read_streets(streets(XIXI, XIXI))


def test_another_header_is_refused_and_nothing_is_loaded(streets: Any) -> None:
    with pytest.raises(CommandError, match=r"streets\.csv: line 1: expected the columns code,name"):
        call_command("load_divisions", streets=streets(XIXI, header="代码,名称"))
    assert not Division.objects.exists()


def test_a_file_that_is_not_utf8_is_refused(streets: Any) -> None:
    with pytest.raises(CommandError, match="the file is not UTF-8"):
        call_command("load_divisions", streets=streets(XIXI, encoding="gb18030"))


def test_a_byte_order_mark_is_no_part_of_the_header(streets: Any) -> None:
    assert len(read_streets(streets(XIXI, encoding="utf-8-sig"))) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: No such file"):
        call_command("load_divisions", streets=tmp_path / "none.csv")


@pytest.mark.skipif(not STREETS.is_file(), reason="the shared division data are not on this machine")
def test_the_streets_of_zhejiang_are_loaded(capsys: Any) -> None:
    call_command("load_divisions", streets=STREETS)
    assert f"{len(division_history()) + 1387} added, 0 renamed, 0 ended" in capsys.readouterr().out
    assert Division.objects.current().get(code="330102001").name == "清波街道"
