"""What the tests of the citizen's pages share: places, filled-in forms, the words of a page."""

import html
import re
from datetime import datetime
from typing import Any

from healthcode.models import AreaDesignation, Division, InboxMessage
from tests.client import StrictClient
from tests.people import Member

PLACES = {
    "330000": "浙江省",
    "330100": "杭州市",
    "330105": "拱墅区",
    "330106": "西湖区",
    "110000": "北京市",
    "110100": "市辖区",
    "110106": "丰台区",
    "110115": "大兴区",
}
CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def know_places() -> None:
    """Put a few divisions into the register."""
    Division.objects.bulk_create(Division(code=code, name=name, first_seen="1980-12") for code, name in PLACES.items())


def designate(code: str, since: datetime, *communities: str, level: str = "medium") -> AreaDesignation:
    """Put an area on the list."""
    made: AreaDesignation = AreaDesignation.objects.create(
        level=level,
        code=code,
        county=code[:6],
        name=PLACES[code],
        communities=list(communities),
        valid_from=since,
        recorded_at=since,
    )
    return made


def words_of(response: Any) -> str:
    """Return the words of a page's main part, with single spaces."""
    main = response.content.decode().split("<main", 1)[1].split(">", 1)[1].split("</main>", 1)[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))).strip()


def who(member: Member, **fields: str) -> dict[str, str]:
    """Return step 1 as a person of this document fills it in."""
    document = member.document
    return {"document_type": document.type.value, "number": document.number, "name": member.name, **fields}


def contact(member: Member, **fields: str) -> dict[str, str]:
    """Return step 2."""
    return {"phone": member.phone, "residence_code": "330106", **fields}


def health(**fields: str) -> dict[str, str]:
    """Return step 3: well, at home, nowhere else, unless ``fields`` say otherwise."""
    well = {"fever": "no", "abroad": "no", "travelled": "no", "truthful": "on", "rows": "1"}
    return {"stay_code": "330106", "act": "send", **well, **fields}


def fill_in(browser: StrictClient, member: Member, **fields: str) -> Any:
    """Go through the three steps and return the last answer."""
    browser.post("/apply/", who(member))
    browser.post("/apply/contact/", contact(member))
    return browser.post("/apply/health/", health(**fields))


def digits_sent_to(phone: str) -> str:
    """Return the six digits of the newest message to a phone."""
    newest = next(m for m in InboxMessage.objects.order_by("-received_at", "-pk") if m.phone == phone)
    found = re.search(r"\d{6}", newest.text)
    assert found
    return found.group()
