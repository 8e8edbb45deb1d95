"""Departments' files: Chinese and English, good rows kept, bad rows given back with line, column and reason."""

import csv
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from healthcode.domain.identity import make_resident_number
from healthcode.domain.instants import CHINA
from healthcode.models import AuditEntry, DecisionRecord, EvidenceBatch, EvidenceRecord, Person, Source
from healthcode.services import imports
from healthcode.services.installation import install_sources
from tests.healthcode.file_kit import xlsx_bytes

WANG = make_resident_number("330106", date(1990, 1, 1), 1)
LI = make_resident_number("330104", date(1985, 5, 5), 22)
CHINESE = ["编号", "姓名", "证件类型", "证件号码", "类型", "时间", "结果", "报告时间"]
WANG_TEST = ["A1", "王小明", "身份证", WANG, "核酸检测", "2020/7/1 9:00", "阴性", "2020/7/1 20:00"]
LI_TEST = ["A2", "李芳", "10", LI, "核酸检测", "2020年7月2日", "阳性", "2020年7月2日 18时30分"]

Write = Callable[..., Path]
Load = Callable[..., int]


@pytest.fixture(autouse=True)
def sources(province: None, at: datetime) -> None:
    install_sources(by=None, at=at)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a CSV file and return its path."""

    def write(header: list[str], *rows: list[str], encoding: str = "utf-8", name: str = "rows.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write


@pytest.fixture
def load(capsys: Any) -> Load:
    """Load a file as a person at a terminal would, and return the exit status."""

    def load(path: Path, source: str = "zj-health", **options: Any) -> int:
        try:
            call_command("load_evidence", path, source=source, **options)
        except SystemExit as stopped:
            return int(str(stopped.code))
        return 0

    return load


def refused(path: Path) -> list[list[str]]:
    with path.with_name(f"{path.name}.errors.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def test_a_chinese_file_is_recorded_and_colours(write: Write, load: Load, capsys: Any) -> None:
    assert load(write(CHINESE, WANG_TEST, LI_TEST)) == 0
    assert "rows.csv: 2 new, 0 duplicate, 0 refused, 2 recoloured" in capsys.readouterr().out
    record = EvidenceRecord.objects.get(source_ref="A2")
    assert (record.detail, record.at) == ({"result": "positive"}, datetime(2020, 7, 2, tzinfo=CHINA))
    assert record.reported_at == datetime(2020, 7, 2, 18, 30, tzinfo=CHINA)
    assert DecisionRecord.objects.current().get(person=record.person).colour == "red"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_is_found_out(write: Write, load: Load, encoding: str) -> None:
    load(write(CHINESE, WANG_TEST, encoding=encoding))
    assert Person.objects.get().name == "王小明"


def test_an_english_file_is_recorded(write: Write, load: Load) -> None:
    header = ["Ref", "Name", "Document Type", "Number", "Nationality", "Kind", "At", "Country"]
    row = ["E1", "Smith, John", "passport", "l8988901c", "USA", "overseas_entry", "2020-07-01T10:00:00Z", "Italy"]
    assert load(write(header, row), "hz-customs") == 0
    record = EvidenceRecord.objects.select_related("person").get()
    assert (record.kind, record.detail) == ("overseas_entry", {"country": "ITA"})
    assert record.at == datetime(2020, 7, 1, 18, tzinfo=CHINA)
    assert (record.person.name, record.person.nationality) == ("JOHN SMITH", "USA")


KINDS = [
    ("确诊", {}, "diagnosis", {"status": "confirmed"}),
    ("诊断", {"状态": "无症状感染者"}, "diagnosis", {"status": "asymptomatic"}),
    ("出院", {}, "discharge", {}),
    ("密切接触者", {}, "close_contact", {}),
    ("境外入境", {"国家": "中国香港"}, "overseas_entry", {"country": "HKG"}),
    ("旅居史", {"地区代码": "110106", "社区": "新发地（市场）"}, "area_stay", {"place": "110106"}),
    ("抵浙", {}, "arrival", {}),
    ("集中隔离", {"结束时间": "2020-07-20", "文号": "浙防〔2020〕1号"}, "isolation_order", {"mode": "central"}),
    ("隔离", {"结束时间": "2020-07-20", "文号": "1号", "方式": "居家"}, "isolation_order", {"mode": "home"}),
    ("发热", {}, "symptom", {"symptom": "fever"}),
    ("退热", {}, "symptom_cleared", {}),
]


@pytest.mark.parametrize(("word", "cells", "kind", "detail"), KINDS)
def test_a_kind_in_words(
    write: Write, load: Load, word: str, cells: dict[str, str], kind: str, detail: dict[str, str]
) -> None:
    Source.objects.filter(code="zj-health").update(kinds=[kind])
    header = ["姓名", "证件号码", "类型", "时间", *cells]
    assert load(write(header, ["王小明", WANG, word, "2020-07-01", *cells.values()])) == 0
    record = EvidenceRecord.objects.get()
    assert record.kind == kind
    assert record.detail.items() >= detail.items()
    assert record.community == cells.get("社区", "")


def test_the_same_file_again_changes_nothing(write: Write, load: Load, capsys: Any) -> None:
    path = write(CHINESE, WANG_TEST, LI_TEST)
    load(path)
    counted = [model.objects.count() for model in (EvidenceRecord, DecisionRecord, AuditEntry, Person, EvidenceBatch)]
    assert load(path) == 0
    assert "0 new, 2 duplicate, 0 refused, 0 recoloured" in capsys.readouterr().out
    after = [model.objects.count() for model in (EvidenceRecord, DecisionRecord, AuditEntry, Person, EvidenceBatch)]
    assert after == counted


def test_a_file_without_numbers_is_recognised_by_its_content(write: Write, load: Load, capsys: Any) -> None:
    path = write(CHINESE[1:], WANG_TEST[1:], LI_TEST[1:], WANG_TEST[1:])
    load(path)
    load(path)
    out = capsys.readouterr().out
    assert "2 new, 1 duplicate" in out
    assert "0 new, 3 duplicate" in out


def test_a_number_used_for_another_record_is_refused(write: Write, load: Load) -> None:
    load(write(CHINESE, WANG_TEST))
    path = write(CHINESE, ["A1", *LI_TEST[1:]], WANG_TEST, name="next.csv")
    assert load(path) == 1
    ((line, column, reason, *_cells),) = refused(path)
    assert (line, column) == ("2", "编号")
    assert "A1" in reason
    assert EvidenceRecord.objects.count() == 1


BAD = [
    (3, "", "证件号码"),
    (3, WANG[:-1] + ("0" if WANG[-1] != "0" else "1"), "证件号码"),
    (1, "Bad1", "姓名"),
    (2, "学生证", "证件类型"),
    (4, "检测", "类型"),
    (4, "境外入境", "类型"),
    (4, "", "类型"),
    (5, "昨天", "时间"),
    (5, "2020-02-30", "时间"),
    (5, "", "时间"),
    (5, "2999-01-01", "时间"),
    (5, "2120-01-01", "时间"),
    (6, "不明", "结果"),
    (6, "", "结果"),
    (7, "2020/6/30", "报告时间"),
    (0, "x" * 65, "编号"),
]


@pytest.mark.parametrize(("place", "cell", "column"), BAD)
def test_a_bad_row_is_given_back_and_the_good_one_kept(
    write: Write, load: Load, place: int, cell: str, column: str
) -> None:
    bad = [*LI_TEST[:place], cell, *LI_TEST[place + 1 :]]
    path = write(CHINESE, bad, WANG_TEST)
    assert load(path) == 1
    assert EvidenceRecord.objects.filter(source_ref="A1").exists()
    ((line, told, reason, *cells),) = refused(path)
    assert (line, told, cells) == ("2", column, bad)
    assert reason


def test_lines_are_counted_as_an_editor_counts_them(write: Write, load: Load) -> None:
    header = [*CHINESE, "原因"]
    path = write(header, [*WANG_TEST, "两\n行"], ["", *[""] * 8], ["B", "", "", "1", "核酸", "x", "", "", ""])
    load(path)
    assert [row[0] for row in refused(path)] == ["5"]


def test_a_row_with_too_many_cells_is_given_back(write: Write, load: Load) -> None:
    path = write(CHINESE, [*WANG_TEST, "多", "余"])
    assert load(path) == 1
    assert refused(path)[0][3:] == [*WANG_TEST, "多", "余"]


def test_a_source_may_record_its_own_kinds_only(write: Write, load: Load) -> None:
    path = write(CHINESE, WANG_TEST)
    assert load(path, "hz-customs") == 1
    assert refused(path)[0][1] == "类型"
    assert not Person.objects.exists()


def test_a_retraction_and_a_release_find_their_records(write: Write, load: Load) -> None:
    header = ["编号", "姓名", "证件号码", "类型", "时间", "撤销", "原因", "解除", "阶段"]
    path = write(
        header,
        ["R1", "王小明", WANG, "撤销", "2020-07-05", "C1", "录错人", "", ""],
        ["S1", "李芳", LI, "解除隔离", "2020-07-06", "", "", "C2", "全部"],
        ["C1", "王小明", WANG, "密接", "2020-07-01", "", "", "", ""],
        ["C2", "李芳", LI, "密接", "2020-07-01", "", "", "", ""],
    )
    assert load(path) == 0
    assert EvidenceRecord.objects.get(source_ref="R1").retracts == EvidenceRecord.objects.get(source_ref="C1")
    assert set(DecisionRecord.objects.current().values_list("colour", flat=True)) == {"green"}


def test_what_names_no_record_is_the_one_row_refused(write: Write, load: Load) -> None:
    header = ["编号", "姓名", "证件号码", "类型", "时间", "撤销", "原因"]
    good = [[f"C{n}", "王小明", WANG, "密接", f"2020-06-{n:02}", "", ""] for n in range(1, 8)]
    path = write(header, *good[:3], ["R1", "王小明", WANG, "撤销", "2020-07-05", "X9", "录错"], *good[3:])
    assert load(path) == 1
    assert [row[:2] for row in refused(path)] == [["5", "撤销"]]
    assert EvidenceRecord.objects.count() == 7
    assert EvidenceBatch.objects.count() == 1


def test_cells_that_a_spreadsheet_would_run_are_made_plain(write: Write, load: Load) -> None:
    path = write([*CHINESE, "原因"], [*LI_TEST[:6], "不明", LI_TEST[7], '=HYPERLINK("http://x","y")'])
    load(path)
    assert refused(path)[0][-1] == '\'=HYPERLINK("http://x","y")'


def test_the_side_file_is_for_its_owner_and_can_be_loaded_once_corrected(
    write: Write, load: Load, tmp_path: Path
) -> None:
    path, side = write(CHINESE, WANG_TEST, [*LI_TEST[:6], "不明", LI_TEST[7]]), tmp_path / "back.csv"
    assert load(path, errors=side) == 1
    assert side.stat().st_mode & 0o777 == 0o600
    side.write_text(side.read_text("utf-8-sig").replace("不明,2020", "阳性,2020"), encoding="utf-8")
    assert load(side) == 0
    assert EvidenceRecord.objects.count() == 2


def test_a_list_of_an_earlier_run_does_not_stay(write: Write, load: Load) -> None:
    load(write(CHINESE, [*LI_TEST[:6], "不明", LI_TEST[7]]))
    path = write(CHINESE, LI_TEST)
    load(path)
    assert not path.with_name("rows.csv.errors.csv").exists()


def test_a_person_known_already_needs_no_name(write: Write, load: Load) -> None:
    load(write(CHINESE, WANG_TEST))
    path = write(CHINESE[2:], [*WANG_TEST[2:5], "2020-07-03", *WANG_TEST[6:7], ""], [*LI_TEST[2:]], name="next.csv")
    assert load(path) == 1
    assert [row[:2] for row in refused(path)] == [["3", "name"]]
    assert EvidenceRecord.objects.count() == 2


def test_a_passport_is_one_within_its_country(write: Write, load: Load) -> None:
    header = [*CHINESE, "国籍"]
    rows = [
        [f"P{n}", "JOHN SMITH", "护照", "L8988901", *WANG_TEST[4:], country]
        for n, country in enumerate(["USA", "英国"])
    ]
    path = write(header, *rows, ["P9", "JOHN SMITH", "护照", "L8988901", *WANG_TEST[4:], ""])
    assert load(path) == 1
    assert set(Person.objects.values_list("nationality", flat=True)) == {"USA", "GBR"}
    assert refused(path)[0][1] == "国籍"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("姓名,类型,时间\n".encode(), "there is no column 证件号码"),
        ("证件号码,身份证号,类型,时间\n".encode(), "mean the same"),
        (b"", "there is no column"),
        (b"PK\x03\x04rest", "no Excel workbook"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"\x81\x20\xff", "neither UTF-8 nor GB 18030"),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(load: Load, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        load(path)


def test_an_unknown_source_is_named_with_those_known(write: Write, load: Load) -> None:
    with pytest.raises(CommandError, match="'nobody'; known: hz-customs"):
        load(write(CHINESE), "nobody")


def test_a_file_is_one_batch_over_several_chunks(
    write: Write, load: Load, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    times = [f"2020-07-01 0{hour}:00" for hour in range(7)]
    rows = [[f"N{n}", "王小明", "身份证", WANG, "核酸检测", time, "阴性", ""] for n, time in enumerate(times)]
    load(write(CHINESE, *rows[:3], ["bad", *rows[3][1:4], "不详", *rows[3][5:]], *rows[3:]))
    assert "7 new, 0 duplicate, 1 refused" in capsys.readouterr().out
    assert EvidenceBatch.objects.get().evidence.count() == 7


def test_records_count_from_when_they_came(write: Write, load: Load) -> None:
    load(write(CHINESE, WANG_TEST))
    record = EvidenceRecord.objects.get()
    assert record.recorded_at > record.at + timedelta(days=30)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"姓名": "王\0小明"}, "姓名"),
        ({"类型": "确诊", "状态": "疑似"}, "状态"),
        ({"国籍": "火星"}, "国籍"),
        ({"类型": "境外入境", "国家": "亚特兰蒂斯"}, "国家"),
    ],
)
def test_a_word_that_cannot_be_right_is_given_back(
    write: Write, load: Load, cells: dict[str, str], column: str
) -> None:
    row = {"姓名": "王小明", "证件号码": WANG, "类型": "密接", "时间": "2020-07-01", **cells}
    path = write(list(row), list(row.values()))
    assert load(path) == 1
    assert refused(path)[0][1] == column


def test_a_cell_as_large_as_a_book_is_no_csv(write: Write, load: Load) -> None:
    with pytest.raises(CommandError, match=r"line \d+: no CSV"):
        load(write(CHINESE, ["x" * 200_000]))


def test_a_workbook_is_loaded(load: Load, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "rows.xlsx"
    path.write_bytes(xlsx_bytes(WANG_TEST, ["A2", "李芳", "10", LI, "核酸检测", "=NOW()", "阳性", ""], header=CHINESE))
    assert load(path) == 1
    assert "1 new, 0 duplicate, 1 refused" in capsys.readouterr().out
    assert refused(path)[0][:2] == ["3", "时间"]


def test_rows_that_an_alarm_freezes_are_told(write: Write, load: Load, capsys: Any) -> None:
    Source.objects.filter(code="zj-police").update(kinds=["close_contact"])
    numbers = [make_resident_number("330106", date(1990, 1, day), 1) for day in range(1, 31)]
    rows = [[f"C{n}", "王小明", "身份证", who, "密接", "2020-07-01"] for n, who in enumerate(numbers)]
    assert load(write(CHINESE[:6], *rows), "zj-police") == 1
    said = capsys.readouterr().out
    assert "0 new, 0 duplicate, 0 refused, 0 recoloured, 30 held by an alarm" in said
    assert "count when two supervisors have released them" in said


def test_a_missing_file_is_named(load: Load, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: No such file"):
        load(tmp_path / "none.csv")


def test_the_side_file_is_never_the_file_itself(write: Write, load: Load) -> None:
    path = write(CHINESE, WANG_TEST)
    with pytest.raises(CommandError, match="--errors names the file itself"):
        load(path, errors=path)
    assert path.exists()


def test_columns_that_mean_nothing_here_are_told(write: Write, load: Load, capsys: Any) -> None:
    load(write([*CHINESE, "备注"], [*WANG_TEST, "加急"]))
    assert "columns left aside: 备注" in capsys.readouterr().out
