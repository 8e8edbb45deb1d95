"""Division codes: shape, order, jurisdiction, history."""

import csv
import re
from pathlib import Path

import pytest

from healthcode.domain import divisions
from healthcode.domain.divisions import (
    DivisionLevel,
    DivisionSpan,
    InvalidDivision,
    county_of,
    covers,
    division_history,
    is_code,
    known_division_codes,
    level_of,
    parents,
    prefecture_of,
    prefix_of,
)

SHARED = Path(__file__).parents[3] / "shared" / "data" / "divisions"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared division data are not on this machine")

# Counties made after the data of the package ended.
NEWER = {"540481", "540581", "659012"}
ZONE = re.compile(r"[0-9]{4}7[1-9]")


def span(code: str) -> DivisionSpan:
    return next(found for found in division_history() if found.code == code)


def shared_counties() -> dict[str, str]:
    with (SHARED / "areas.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("code", "prefix", "level"),
    [
        ("330000", "33", "province"),
        ("330100", "3301", "prefecture"),
        ("331000", "3310", "prefecture"),
        ("330106", "330106", "county"),
        ("330110", "330110", "county"),
        ("460001", "460001", "county"),
        ("429004", "429004", "county"),
        ("330106001", "330106001", "township"),
        ("330106100", "330106100", "township"),
        ("441900003", "441900003", "township"),
        ("330106001002", "330106001002", "village"),
        ("330106001000", "330106001", "township"),
        ("330106000", "330106", "county"),
        ("330100000000", "3301", "prefecture"),
        ("330000000", "33", "province"),
    ],
)
def test_a_code_tells_its_prefix_and_level(code: str, prefix: str, level: str) -> None:
    assert is_code(code)
    assert prefix_of(code) == prefix
    assert level_of(code) is DivisionLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        *["", "33", "3301", "33010", "3301060", "33010600100200", "000000", "003301", "33010a", "３３０１０６"],
        *[" 330106", "330106\n", "330106000001", "330000001", "330000001002"],
    ],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    assert not is_code(text)
    with pytest.raises(InvalidDivision) as refused:
        prefix_of(text)
    assert refused.value.code == "not_a_division_code"


@pytest.mark.parametrize(
    ("officer", "code", "expected"),
    [
        ("330000", "330106001", True),
        ("330100", "330106", True),
        ("330106", "330106", True),
        ("330106", "330106001002", True),
        ("330106000000", "330106", True),
        ("441900", "441900003", True),
        ("330106", "330100", False),
        ("330106", "330105", False),
        ("330100", "331000", False),
        ("330100", "330000", False),
        ("330106001", "330106", False),
        ("", "330106", False),
        ("33", "330106", False),
        ("330106", "", False),
        ("330106", "330106x", False),
    ],
)
def test_jurisdiction_is_the_prefix_and_fails_closed(officer: str, code: str, expected: bool) -> None:
    assert covers(officer, code) is expected


@pytest.mark.parametrize(
    ("code", "above", "prefecture", "county"),
    [
        ("330000", (), None, None),
        ("330100", ("330000",), "330100", None),
        ("330106", ("330100", "330000"), "330100", "330106"),
        ("330106001", ("330106", "330100", "330000"), "330100", "330106"),
        ("330106001002", ("330106001", "330106", "330100", "330000"), "330100", "330106"),
        ("441900003", ("441900", "440000"), "441900", None),
        ("460001", ("460000",), None, "460001"),
    ],
)
def test_a_code_tells_what_stands_above_it(
    code: str, above: tuple[str, ...], prefecture: str | None, county: str | None
) -> None:
    assert parents(code) == above
    assert prefecture_of(code) == prefecture
    assert county_of(code) == county


def test_abolished_counties_are_known_with_their_years() -> None:
    lower_city = span("330103")
    assert (lower_city.name, lower_city.first_seen, lower_city.last_seen) == ("下城区", "1980-12", "2019-04")
    assert span("330104").name == "江干区"
    assert span("440524").last_seen == "1992-12"


def test_current_counties_have_no_end() -> None:
    assert span("330106") == DivisionSpan("330106", "西湖区", (), "1980-12", None, "330100")
    assert span("330113").name == "临平区"
    assert span("330114").last_seen is None


def test_a_reused_code_keeps_its_former_names() -> None:
    assert span("330303").former_names == ("西城区",)
    assert span("330303").name == "龙湾区"


@pytest.mark.parametrize(
    ("code", "parent"), [("110101", "110000"), ("429004", "420000"), ("330000", None), ("132201", "132200")]
)
def test_the_parent_is_the_nearest_that_exists(code: str, parent: str | None) -> None:
    assert span(code).parent == parent


def test_history_is_one_row_a_code_in_order_and_well_formed() -> None:
    codes = [found.code for found in division_history()]
    assert codes == sorted(set(codes))
    assert all(is_code(code) and len(code) == 6 for code in codes)
    assert known_division_codes() == frozenset(codes)


def test_every_row_has_a_clean_name_a_span_and_a_known_parent() -> None:
    for found in division_history():
        assert found.name == "".join(found.name.split()) != ""
        assert found.name not in found.former_names
        assert found.last_seen is None or found.first_seen <= found.last_seen
        assert (found.parent is None) == found.code.endswith("0000")


def test_what_is_in_use_stands_under_what_is_in_use() -> None:
    current = {found.code for found in division_history() if found.last_seen is None}
    assert all(found.parent in current for found in division_history() if found.code in current and found.parent)


def test_development_zones_are_no_divisions() -> None:
    assert [code for code in known_division_codes() if ZONE.fullmatch(code)] == []


def test_zhejiang_has_its_eleven_cities() -> None:
    cities = [s for s in division_history() if s.parent == "330000" and s.last_seen is None]
    assert [s.code for s in cities] == [f"33{n:02d}00" for n in range(1, 12)]


@needs_shared
def test_current_counties_of_zhejiang_agree_with_the_published_list() -> None:
    published = {code: name for code, name in shared_counties().items() if code.startswith("33")}
    ours = {s.code: s.name for s in division_history() if s.last_seen is None and level_of(s.code) == "county"}
    assert published == {code: name for code, name in ours.items() if code.startswith("33")}


@needs_shared
def test_every_published_county_of_the_country_is_known() -> None:
    published = {code for code in shared_counties() if code[4:] < "71" or code[4:] > "79"}
    assert published - known_division_codes() == NEWER


def test_a_revision_the_package_lacks_is_an_error_and_not_an_empty_table() -> None:
    with pytest.raises(ModuleNotFoundError, match="190001"):
        divisions._revision("190001")
