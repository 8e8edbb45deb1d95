"""The people who sign in: seven citizens by phone, staff by name. Printed by ``seed_demo``."""

from datetime import date
from typing import NamedTuple

from healthcode.config.demo import stories
from healthcode.domain.identity import DocumentType, make_resident_number

PASSWORD = "zhejiang-demo-109"  # noqa: S105  # printed on the screen; the demonstration has no secrets


class Citizen(NamedTuple):
    """One who signs in by phone; ``number`` empty: has not applied yet."""

    phone: str
    name: str
    what: str
    story: stories.Story = stories.nothing
    document_type: DocumentType = DocumentType.RESIDENT_ID
    number: str = ""
    nationality: str = ""
    county: str = "330106"


class Staff(NamedTuple):
    """One who signs in by name."""

    username: str
    display_name: str
    division: str
    role: str


def _resident(county: str, year: int, sequence: int) -> str:
    return make_resident_number(county, date(year, 3, 12), sequence)


CITIZENS: tuple[Citizen, ...] = (
    Citizen("+8613800000001", "张晓明", "green", number=_resident("330106", 1986, 121)),
    Citizen("+8613800000002", "李芳", "yellow, risk area", stories.risk_area, number=_resident("330104", 1991, 242)),
    Citizen(
        "+8613800000003", "王建国", "red, from abroad", stories.overseas_central, number=_resident("330103", 1979, 13)
    ),
    Citizen(
        "+8613800000004",
        "陈静",
        "red, green in 5 minutes",
        stories.overseas_ending,
        number=_resident("330105", 1983, 204),
    ),
    Citizen(
        "+8613800000005",
        "JOHN SMITH",
        "yellow, fever; passport",
        stories.fever,
        DocumentType.PASSPORT,
        "E1234567",
        "GBR",
    ),
    Citizen(
        "+8613800000006", "周敏", "green, one question", stories.unclear_stay, number=_resident("330203", 1995, 66)
    ),
    Citizen("+8613800000007", "", "has no code yet"),
)

STAFF: tuple[Staff, ...] = (
    Staff("province", "沈处长（省防控办）", "330000", "province_officer"),
    Staff("province-2", "方处长（省防控办）", "330000", "province_officer"),
    Staff("hangzhou", "凌处长（杭州市）", "330100", "county_officer"),
    Staff("xihu", "何科长（西湖区）", "330106", "county_officer"),
    Staff("gongshu", "俞科长（拱墅区）", "330105", "county_officer"),
    Staff("haishu", "戴科长（海曙区）", "330203", "county_officer"),
    Staff("areas", "蒋主任（省疾控）", "330000", "area_officer"),
    Staff("auditor", "冯审计", "330000", "auditor"),
    Staff("operator", "钱工（运维）", "", "operator"),
    Staff("vendor", "卓工（外包公司）", "", "vendor"),
    Staff("commission", "施主任（省卫生健康委）", "330000", "health_commission"),
    Staff("leaders", "韩副组长（省领导小组）", "330000", "leading_group"),
    Staff("supervisor", "金督查", "330000", "supervisor"),
    Staff("supervisor-2", "陶督查", "330000", "supervisor"),
)


class DemoVenue(NamedTuple):
    """A place with a gate, and the name its guard signs in with."""

    guard: str
    name: str
    category: str
    division: str


VENUES: tuple[DemoVenue, ...] = (
    DemoVenue("gate-market", "城西农贸市场", "market", "330106"),
    DemoVenue("gate-school", "文三街小学", "school", "330106"),
    DemoVenue("gate-metro", "地铁武林广场站", "public_transport", "330105"),
    DemoVenue("gate-hospital", "市第一医院", "hospital", "330105"),
    DemoVenue("gate-library", "海曙区图书馆", "indoor_culture", "330203"),
)
