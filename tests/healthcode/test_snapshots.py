"""Reading published risk-area snapshots, and finding the places they name."""

from datetime import datetime
from typing import Any

import pytest

from healthcode.domain.cases import Malformed
from healthcode.domain.colours import Level
from healthcode.domain.divisions import division_history
from healthcode.domain.gazetteer import Found, Gazetteer, Named
from healthcode.domain.instants import CHINA
from healthcode.domain.snapshots import Listed, read_snapshot
from tests.healthcode.area_kit import place, published


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    townships = [Named("330782004", "江东街道", True), Named("330106001", "北山街道", True)]
    return Gazetteer([*(Named(s.code, s.name, s.last_seen is None) for s in division_history()), *townships])


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-04-15 11时", datetime(2022, 4, 15, 11, tzinfo=CHINA)),
        ("2022-05-15 0时", datetime(2022, 5, 15, tzinfo=CHINA)),
        ("2022-05-15 24时", datetime(2022, 5, 16, tzinfo=CHINA)),
        ("2020年6月13日16时30分", datetime(2020, 6, 13, 16, 30, tzinfo=CHINA)),
    ],
)
def test_the_hour_of_a_list_is_china_time(text: str, instant: datetime) -> None:
    assert read_snapshot(published(text)).taken_at == instant


def test_a_place_listed_twice_is_one_with_all_its_communities() -> None:
    twice = [place("河北省 廊坊市 霸州市", "甲社区"), place("河北省 廊坊市 霸州市", " 乙社区 ")]
    listed = read_snapshot(published(high=twice)).listed
    assert listed == (Listed(Level.HIGH, ("河北省", "廊坊市", "霸州市"), frozenset({"甲社区", "乙社区"})),)


@pytest.mark.parametrize(
    "communities",
    [[], ["全域"], ["全区"], ["河南省开封市龙亭区全域"], ["龙亭区"], ["甲社区", "全域"]],
)
def test_the_whole_of_a_place_has_no_community_list(communities: list[str]) -> None:
    listed = read_snapshot(published(high=[place("河南省 开封市 龙亭区", *communities)])).listed
    assert [item.communities for item in listed] == [frozenset()]


def test_the_whole_of_a_part_is_named_by_the_part() -> None:
    listed = read_snapshot(published(high=[place("安徽省 阜阳市 颍上县", "谢桥镇全域")])).listed
    assert listed[0].communities == {"谢桥镇"}


def test_once_the_whole_place_is_listed_parts_add_nothing() -> None:
    items = [place("河南省 开封市 龙亭区", "全域"), place("河南省 开封市 龙亭区", "甲社区")]
    assert read_snapshot(published(high=items)).listed[0].communities == frozenset()


def test_what_is_high_and_medium_at_once_is_high() -> None:
    where = "广西壮族自治区 北海市 海城区"
    snapshot = read_snapshot(published(high=[place(where, "甲", "乙")], medium=[place(where, "乙", "丙")]))
    assert {item.level: item.communities for item in snapshot.listed} == {"high": {"甲", "乙"}, "medium": {"丙"}}


@pytest.mark.parametrize("medium", [["甲"], ["全域"]])
def test_all_of_a_place_is_at_one_level(medium: list[str]) -> None:
    where = "广西壮族自治区 北海市 海城区"
    snapshot = read_snapshot(published(high=[place(where)], medium=[place(where, *medium)]))
    assert [item.level for item in snapshot.listed] == ["high"]


def test_low_risk_designates_nothing() -> None:
    assert read_snapshot(published(low=[place("浙江省 杭州市 西湖区", "甲")])).listed == ()


def test_a_name_printed_twice_stands_once() -> None:
    listed = read_snapshot(published(high=[place("上海市 上海市 黄浦区", "甲")])).listed
    assert listed[0].name == "上海市 黄浦区"


def test_counts_that_do_not_fit_are_told() -> None:
    data = published(high=[place("浙江省 杭州市 西湖区", "甲", "乙")])
    data["data"]["hcount"] = 3
    assert read_snapshot(data).warnings == ("data.hcount says 3, but data.highlist has 2 entries",)


def test_the_fingerprint_is_of_the_content() -> None:
    one, same = (
        published(high=[place("浙江省 杭州市 西湖区", "甲")]),
        published(high=[place("浙江省 杭州市 西湖区", "甲")]),
    )
    other = published(high=[place("浙江省 杭州市 西湖区", "乙")])
    same["data"] = dict(reversed(same["data"].items()))
    assert read_snapshot(one).fingerprint == read_snapshot(same).fingerprint != read_snapshot(other).fingerprint


def broken(**changes: Any) -> dict[str, Any]:
    data = published(high=[place("浙江省 杭州市 西湖区", "甲")])
    data["data"] |= changes
    return data


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ([], "snapshot"),
        ({"code": 0}, "data"),
        ({"code": 1, "msg": "签名错误", "data": {}}, "code"),
        (broken(end_update_time="2022-13-01 7时"), "data.end_update_time"),
        (broken(end_update_time="2022-12-01 25时"), "data.end_update_time"),
        (broken(end_update_time=None), "data.end_update_time"),
        (broken(highlist=None), "data.highlist"),
        (broken(middlelist={}), "data.middlelist"),
        (broken(lowlist="none"), "data.lowlist"),
        (broken(highlist=["浙江省"]), "data.highlist[0]"),
        (broken(highlist=[{**place("浙江省 杭州市 西湖区"), "county": None}]), "data.highlist[0].county"),
        (broken(highlist=[{**place("浙江省 杭州市 西湖区"), "province": " "}]), "data.highlist[0].province"),
        (broken(highlist=[{**place("浙江省 杭州市 西湖区"), "communitys": None}]), "data.highlist[0].communitys"),
        (broken(highlist=[place("浙江省 杭州市 西湖区", "甲", " ")]), "data.highlist[0].communitys[1]"),
    ],
)
def test_what_is_not_of_the_form_is_refused_by_field(data: object, where: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_snapshot(data)
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("path", "code", "part"),
    [
        ("河北省 廊坊市 安次区", "131002", ""),
        ("上海市 黄浦区", "310101", ""),
        ("北京市 朝阳区 酒仙桥街道", "110105", "酒仙桥街道"),
        ("北京市 朝阳区 高碑店（地区）乡", "110105", "高碑店（地区）乡"),
        ("浙江省 金华市 义乌市 江东街道", "330782004", ""),
        ("广东省 东莞市 塘厦镇", "441900", "塘厦镇"),
        ("海南省 儋州市 市辖区", "460400", ""),
        ("海南省 省直辖县级行政单位 琼海市", "469002", ""),
        ("湖北省 省直辖县级行政单位 潜江市", "429005", ""),
        ("新疆维吾尔自治区 自治区直辖县级行政单位 石河子市", "659001", ""),
        ("河北省 雄安新区 容城县", "130629", ""),
        ("浙江省 杭州市 江干区", "330104", ""),
        ("山东省 莱芜市 莱城区", "371202", ""),
        ("山西省 长治市 郊区", "140411", ""),
    ],
)
def test_a_certain_place_is_found(gazetteer: Gazetteer, path: str, code: str, part: str) -> None:
    assert gazetteer.find(path.split()) == Found((code,), part)


@pytest.mark.parametrize(
    "path",
    [
        "吉林省 长春市 经开区",
        "浙江省 台州市 台州湾新区",
        "福建省 平潭综合实验区",
        "新疆生产建设兵团",
        "北京市 经济技术开发区 荣华街道",
        "海南省 三亚市 陵水黎族自治县",
        "河北省 高新区 桥西区",
        "浙江省 杭州市 市辖区",
        "杭州市 西湖区",
    ],
)
def test_what_is_not_certain_is_not_found(gazetteer: Gazetteer, path: str) -> None:
    assert gazetteer.find(path.split()) is None


def test_a_whole_city_is_its_counties_of_today(gazetteer: Gazetteer) -> None:
    found = gazetteer.find(["湖北省", "武汉市"])
    assert found is not None
    assert len(found.codes) == 13
    assert set(found.codes) >= {"420102", "420117"}
