"""Published snapshots become designations with history; zones are mapped by people, never guessed."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from healthcode.access import NotPermitted
from healthcode.config import demo
from healthcode.domain.instants import CHINA
from healthcode.domain.snapshots import read_snapshot
from healthcode.models import (
    Account,
    AreaChange,
    AreaDesignation,
    AreaSnapshot,
    AuditEntry,
    DecisionRecord,
    Division,
    Recolouring,
    Zone,
)
from healthcode.services.areas import apply_snapshot, map_zone
from healthcode.services.divisions import load_divisions
from healthcode.services.errors import Refused
from healthcode.services.installation import install_sources
from tests.healthcode.area_kit import REAL_SNAPSHOTS, SHARED, apply, colour, place, published, record_stay, stranger

ANCI, BAZHOU = "河北省 廊坊市 安次区", "河北省 廊坊市 霸州市"
ZONE = "吉林省 长春市 经开区"
DAY = timedelta(days=1)


@pytest.fixture
def at() -> datetime:
    return datetime(2022, 4, 20, 12, tzinfo=CHINA)


@pytest.fixture
def divisions(province: None, at: datetime) -> None:
    load_divisions(by=None, streets=None, at=at)
    install_sources(by=None, at=at)


def first(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    return published("2022-04-15 11时", **lists)


def second(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    return published("2022-04-16 8时", **lists)


def in_force() -> set[tuple[str, str, tuple[str, ...]]]:
    return {(row.code, row.level, tuple(row.communities)) for row in AreaDesignation.objects.open()}


def test_a_listed_place_is_designated_from_the_hour_of_the_list(divisions: None, at: datetime) -> None:
    apply(first(high=[place(ANCI, "乙", "甲")]), at)
    row = AreaDesignation.objects.get()
    assert (row.code, row.county, row.level, row.communities) == ("131002", "131002", "high", ["乙", "甲"])
    assert (row.valid_from, row.recorded_at) == (datetime(2022, 4, 15, 11, tzinfo=CHINA), at)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({}, {"medium": [place(ANCI, "甲")]}, ("started", "", "medium")),
        ({"medium": [place(ANCI, "甲")]}, {"high": [place(ANCI, "甲")]}, ("raised", "medium", "high")),
        ({"high": [place(ANCI, "甲")]}, {"medium": [place(ANCI, "甲")]}, ("lowered", "high", "medium")),
        ({"high": [place(ANCI, "甲")]}, {"high": [place(ANCI, "乙")]}, ("redrawn", "high", "high")),
        ({"high": [place(ANCI, "甲")]}, {}, ("ended", "high", "")),
        (
            {"medium": [place(ANCI, "甲", "乙")]},
            {"high": [place(ANCI, "甲")], "medium": [place(ANCI, "乙")]},
            ("raised", "medium", "high"),
        ),
    ],
)
def test_a_change_of_a_place_is_told(
    divisions: None, at: datetime, before: dict[str, Any], after: dict[str, Any], change: tuple[str, str, str]
) -> None:
    apply(first(**before), at)
    apply(second(**after), at)
    told = AreaChange.objects.order_by("-pk").values_list("change", "before", "after", "code", "name")[0]
    assert told == (*change, "131002", ANCI)


def test_a_change_ends_the_old_row_and_starts_a_new_one(divisions: None, at: datetime) -> None:
    apply(first(medium=[place(ANCI, "甲")]), at)
    apply(second(high=[place(ANCI, "甲")]), at + DAY)
    old, new = AreaDesignation.objects.order_by("pk")
    assert old.valid_until == new.valid_from == datetime(2022, 4, 16, 8, tzinfo=CHINA)
    assert old.end_recorded_at == new.recorded_at == at + DAY


def test_what_is_listed_alike_stays_as_it_is(divisions: None, at: datetime) -> None:
    apply(first(high=[place(ANCI, "甲", "乙"), place(BAZHOU, "丙")]), at)
    report = apply(second(high=[place(BAZHOU, "丙"), place(ANCI, "乙", "甲")]), at)
    assert (report.unchanged, set(report.changes.values()), report.recolouring) == (2, {0}, None)
    assert AreaDesignation.objects.count() == 2


def test_designations_of_other_origin_are_left_alone(divisions: None, at: datetime) -> None:
    AreaDesignation.objects.create(
        level="medium", code="330106", county="330106", name="西湖区", valid_from=at - DAY, recorded_at=at - DAY
    )
    apply(first(), at)
    assert in_force() == {("330106", "medium", ())}


def test_all_of_a_street_without_a_code_is_a_part_of_its_county(divisions: None, at: datetime) -> None:
    apply(first(high=[place("北京市 丰台区 花乡")]), at)
    assert in_force() == {("110106", "high", ("花乡",))}


def test_a_street_that_was_loaded_has_its_own_code(divisions: None, at: datetime) -> None:
    Division.objects.create(code="110106001", name="花乡", parent_code="110106")
    apply(first(high=[place("北京市 丰台区 花乡")]), at)
    assert in_force() == {("110106001", "high", ())}


def test_a_whole_city_is_each_of_its_counties(divisions: None, at: datetime) -> None:
    apply(first(high=[place("湖北省 武汉市 全市")]), at)
    assert {code[:4] for code, _level, _communities in in_force()} == {"4201"}
    assert len(in_force()) == 13


def test_communities_of_a_city_without_a_county_are_not_guessed(divisions: None, at: datetime) -> None:
    report = apply(first(high=[place("湖北省 武汉市 武汉市", "某小区")]), at)
    assert [unmapped.path for unmapped in report.unmapped] == ["湖北省 武汉市"]


def test_a_place_that_is_no_division_is_reported_and_not_guessed(divisions: None, at: datetime) -> None:
    report = apply(first(high=[place(ZONE, "甲")], medium=[place(ZONE, "乙", "丙")]), at)
    assert report.unmapped == ((ZONE, ("high", "medium"), 3),)
    assert Zone.objects.get().path == ZONE
    assert not AreaDesignation.objects.exists()


def test_the_same_snapshot_again_changes_nothing(divisions: None, at: datetime) -> None:
    data = first(high=[place(ANCI, "甲"), place(ZONE, "乙")])
    apply(data, at)
    before = [AuditEntry.objects.count(), AreaChange.objects.count(), Recolouring.objects.count()]
    report = apply(data, at + DAY)
    assert [AuditEntry.objects.count(), AreaChange.objects.count(), Recolouring.objects.count()] == before
    assert (report.unchanged, report.recolouring) == (1, None)


def test_a_zone_mapped_since_starts_when_the_snapshot_comes_again(divisions: None, at: datetime) -> None:
    data = first(high=[place(ANCI, "甲"), place(ZONE, "乙")])
    apply(data, at)
    map_zone(by=None, zone=Zone.objects.get(), code="220105", at=at)
    report = apply(data, at + DAY)
    assert in_force() == {("131002", "high", ("甲",)), ("220105", "high", ("乙",))}
    assert (report.changes["started"], AreaSnapshot.objects.get().unmapped) == (1, 0)


def test_all_of_a_mapped_zone_is_not_all_of_its_county(divisions: None, at: datetime) -> None:
    apply(first(high=[place(ZONE)]), at)
    map_zone(by=None, zone=Zone.objects.get(), code="220105", at=at)
    apply(second(high=[place(ZONE)]), at)
    assert in_force() == {("220105", "high", ("经开区",))}


def test_an_older_snapshot_is_refused_after_a_newer_one(divisions: None, at: datetime) -> None:
    apply(second(high=[place(ANCI, "甲")]), at)
    with pytest.raises(Refused) as refused:
        apply(first(), at)
    assert refused.value.code == "snapshot_older"
    assert in_force() == {("131002", "high", ("甲",))}


def test_a_snapshot_loaded_before_a_newer_one_changes_nothing(divisions: None, at: datetime) -> None:
    apply(first(high=[place(ANCI, "甲")]), at)
    apply(second(), at)
    assert apply(first(high=[place(ANCI, "甲")]), at).already
    assert not in_force()


def test_another_list_of_the_same_hour_is_refused(divisions: None, at: datetime) -> None:
    apply(first(high=[place(ANCI, "甲")]), at)
    with pytest.raises(Refused) as refused:
        apply(first(), at)
    assert refused.value.code == "snapshot_differs"


def test_without_divisions_nothing_is_ended(province: None, at: datetime) -> None:
    with pytest.raises(Refused) as refused:
        apply(first(high=[place(ANCI, "甲")]), at)
    assert refused.value.code == "no_divisions"
    assert not AreaSnapshot.objects.exists()


def test_loading_needs_the_permission(divisions: None, at: datetime) -> None:
    officer = Account.objects.create(username="officer")
    with pytest.raises(NotPermitted):
        apply_snapshot(by=officer, snapshot=read_snapshot(first()), file_name="list.json", at=at)


def test_mapping_a_zone_needs_the_permission_and_is_written_down(divisions: None, at: datetime) -> None:
    zone = Zone.objects.create(path=ZONE, first_seen_at=at)
    officer = Account.objects.create(username="officer")
    with pytest.raises(NotPermitted):
        map_zone(by=officer, zone=zone, code="220105", at=at)
    officer.user_permissions.add(Permission.objects.get(codename="change_zone"))
    mapped = map_zone(by=Account.objects.get(pk=officer.pk), zone=zone, code="220105", at=at)
    assert (mapped.mapped_by, mapped.mapped_at) == (officer, at)
    assert AuditEntry.objects.get(action="map_zone").detail == {"zone": ZONE, "before": "", "after": "220105"}


@pytest.mark.parametrize("code", ["", "220199", "220100", "220000", "33", "2201059"])
def test_a_zone_stands_for_a_known_county_only(divisions: None, at: datetime, code: str) -> None:
    zone = Zone.objects.create(path=ZONE, first_seen_at=at)
    with pytest.raises(Refused) as refused:
        map_zone(by=None, zone=zone, code=code, at=at)
    assert refused.value.code == "unknown_division"


def test_a_city_without_counties_may_be_stood_for(divisions: None, at: datetime) -> None:
    zone = Zone.objects.create(path="广东省 东莞港", first_seen_at=at)
    assert map_zone(by=None, zone=zone, code="441900", at=at).code == "441900"


def test_the_command_names_file_and_field_and_loads_nothing(divisions: None, tmp_path: Any) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(first(high=[place(ANCI, "甲")])), encoding="utf-8")
    bad.write_text(json.dumps({"code": 0, "data": {"highlist": []}}), encoding="utf-8")
    with pytest.raises(CommandError, match=r"bad\.json: data\.middlelist: missing"):
        call_command("load_areas", str(good), str(bad))
    assert not AreaSnapshot.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[" * 100_000])
def test_a_file_that_is_no_json_is_named(divisions: None, tmp_path: Any, content: bytes) -> None:
    file = tmp_path / "list.json"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=r"list\.json: no JSON"):
        call_command("load_areas", str(file))


def test_the_command_loads_reports_and_recolours(divisions: None, at: datetime, tmp_path: Any, capsys: Any) -> None:
    file = tmp_path / "list.json"
    file.write_text(json.dumps(first(high=[place(ANCI, "甲"), place(ZONE, "乙")])), encoding="utf-8")
    person = stranger(1, at)
    record_stay(person, {"place": "131002", "at": "2022-04-14", "community": "甲"}, at)
    call_command("load_areas", str(file))
    out = capsys.readouterr().out
    assert "1 started, 0 unchanged, 1 not mapped" in out
    assert f"not mapped: {ZONE} (high, 1 communities)" in out
    assert "1 people looked at, 1 decisions changed" in out
    assert colour(person) == "yellow"


def test_a_refused_snapshot_is_named_and_what_came_before_it_stays(divisions: None, tmp_path: Any) -> None:
    for name, data in (("new", second(high=[place(ANCI, "甲")])), ("old", first())):
        (tmp_path / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(CommandError, match=r"old\.json: refused, snapshot_older"):
        call_command("load_areas", str(tmp_path / "new.json"), str(tmp_path / "old.json"))
    assert in_force() == {("131002", "high", ("甲",))}


def test_the_command_tells_what_was_odd_and_what_was_loaded_before(divisions: None, tmp_path: Any, capsys: Any) -> None:
    odd = first(high=[place(ANCI, "甲")])
    odd["data"]["hcount"] = 2
    for name, data in (("1", odd), ("2", second())):
        (tmp_path / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    call_command("load_areas", *[str(tmp_path / name) for name in ("1.json", "2.json", "1.json")])
    out = capsys.readouterr().out
    assert "warning: data.hcount says 2, but data.highlist has 1 entries" in out
    assert "1.json  2022-04-15 11:00  loaded before, a newer one is in force: nothing changed" in out


def test_the_command_finishes_what_a_killed_run_left(divisions: None, at: datetime, tmp_path: Any) -> None:
    data = first(high=[place(ANCI, "甲")])
    person = stranger(1, at)
    record_stay(person, {"place": "131002", "at": "2022-04-14", "community": "甲"}, at)
    apply_snapshot(by=None, snapshot=read_snapshot(data), file_name="list.json", at=at)
    (tmp_path / "list.json").write_text(json.dumps(data), encoding="utf-8")
    call_command("load_areas", str(tmp_path / "list.json"))
    assert colour(person) == "yellow"


def test_a_missing_file_is_named(tmp_path: Any) -> None:
    with pytest.raises(CommandError, match=r"none\.json: No such file"):
        call_command("load_areas", str(tmp_path / "none.json"))


def test_the_lists_of_the_demonstration_are_of_the_form_and_map_whole(divisions: None, at: datetime) -> None:
    files = sorted((Path(demo.__file__).parent / "areas").glob("*.json"))
    reports = [apply(json.loads(path.read_text(encoding="utf-8")), at) for path in files]
    assert len(reports) >= 3
    assert [(report.unmapped, report.warnings) for report in reports] == [((), ())] * len(reports)
    assert ("110106", "high", ("花乡",)) in in_force()


real = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared risk-area data are not on this machine")

# Places started, raised, lowered, redrawn, ended and unchanged, and places not mapped, one line a snapshot.
REAL_STEPS = [
    (48, 0, 0, 0, 0, 0, 7),
    (34, 1, 1, 0, 40, 6, 1),
    (16, 3, 0, 7, 27, 5, 0),
    (10, 1, 2, 5, 22, 1, 0),
    (14, 0, 0, 5, 14, 0, 0),
    (2, 0, 0, 2, 17, 0, 0),
    (94, 1, 0, 1, 2, 0, 10),
    (45, 3, 5, 12, 75, 1, 5),
    (112, 3, 2, 1, 60, 0, 5),
    (0, 0, 0, 0, 118, 0, 0),
]


@real
def test_the_real_series_replayed_ends_with_nobody_coloured_by_an_area(divisions: None, at: datetime) -> None:
    person, seen, steps = stranger(1, at), [], []
    record_stay(person, {"place": "110105", "at": "2022-04-10", "community": "二街坊"}, at - 6 * DAY)
    for path in REAL_SNAPSHOTS:
        data = json.loads(path.read_text(encoding="utf-8"))
        report = apply(data, read_snapshot(data).taken_at + timedelta(hours=1))
        steps.append((*report.changes.values(), report.unchanged, len(report.unmapped)))
        seen.append(colour(person))
    assert steps == REAL_STEPS
    assert seen[0] == "yellow"
    assert not AreaDesignation.objects.open().exists()
    assert not DecisionRecord.objects.current().exclude(colour="green").exists()


@real
def test_the_real_series_names_what_it_cannot_map(divisions: None, at: datetime) -> None:
    unmapped = {u.path for path in REAL_SNAPSHOTS for u in apply(json.loads(path.read_text("utf-8")), at).unmapped}
    assert len(unmapped) == 27
    assert {"新疆生产建设兵团", "浙江省 台州市 台州湾新区", "福建省 平潭综合实验区"} < unmapped
    assert unmapped == set(Zone.objects.values_list("path", flat=True))


@real
def test_the_real_series_again_changes_nothing(divisions: None, at: datetime) -> None:
    files = [str(path) for path in REAL_SNAPSHOTS]
    call_command("load_areas", *files)
    before = [AreaDesignation.objects.count(), AreaChange.objects.count(), AuditEntry.objects.count()]
    call_command("load_areas", *files)
    assert [AreaDesignation.objects.count(), AreaChange.objects.count(), AuditEntry.objects.count()] == before
