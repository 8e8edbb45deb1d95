"""Truth table, yellow rules and the questions: worked out by hand from the text."""

from tests.healthcode.truth_kit import area, decided, ev, ground, row

GREEN = decided("green")

FEVER = ev("f1", "symptom", "07-03T09:00", symptom="fever")
HOT = decided("yellow", ground("fever", "07-03T09:00", None, evidence=["f1"]))
TEST = ev("n1", "nat_result", "07-03T15:00", result="negative", reported_at="07-04T08:00")
WELL = ev("w1", "symptom_cleared", "07-06T09:00")
CONTACT = ev("c1", "close_contact", "06-25T12:00", case="C-9")
FEVER_OPEN = ground("fever", "07-03T09:00", None)
CONTACT_RED = ground("close_contact", "06-25T12:00", "07-09T12:00", "central")
BEIJING = area("a1", "high", "110106", "06-13T00:00")
FEVER_TESTED = ground("fever", "07-03T09:00", "07-04T08:00")

FEVERS = [
    row("fever holds from the onset, open", "07-03T09:00", [FEVER], HOT),
    row("fever: before the onset nothing", "07-03T08:59:59.999999", [FEVER], GREEN),
    row("fever: a test acts at its report", "07-04T07:59:59.999999", [FEVER, TEST],
        decided("yellow", FEVER_TESTED, then=("07-04T08:00", "green"))),
    row("fever without history: the report lifts it", "07-04T08:00", [FEVER, TEST], GREEN),
    row("fever without history: clearing alone lifts it", "07-06T09:00", [FEVER, WELL], GREEN),
    row("fever: one microsecond before the clearing is known", "07-06T08:59:59.999999", [FEVER, WELL], HOT),
    row("fever: a test at the very onset counts", "07-03T09:00",
        [FEVER, ev("n1", "nat_result", "07-03T09:00", result="negative")], GREEN),
    row("fever: a test sampled before the onset does not, though reported after", "07-04T09:00",
        [FEVER, ev("n1", "nat_result", "07-03T08:59", result="negative", reported_at="07-04T08:00")], HOT),
    row("fever: a clearing before the onset does not", "07-04T09:00",
        [FEVER, ev("w1", "symptom_cleared", "07-02T09:00")], HOT),
    row("fever with contact history: the test alone is not enough", "07-10T00:00", [FEVER, TEST, CONTACT],
        decided("yellow", FEVER_OPEN)),
    row("fever with contact history: clearing alone is not enough", "07-10T00:00", [FEVER, WELL, CONTACT],
        decided("yellow", FEVER_OPEN)),
    row("fever with history: the later of the two lifts it", "07-10T00:00", [FEVER, TEST, WELL, CONTACT], GREEN),
    row("fever with history, the test the later", "07-11T08:00",
        [FEVER, WELL, CONTACT, ev("n1", "nat_result", "07-11T07:00", result="negative", reported_at="07-12T08:00")],
        decided("yellow", ground("fever", "07-03T09:00", "07-12T08:00"), then=("07-12T08:00", "green"))),
    row("history exactly 14 days before the onset counts", "07-10T00:00",
        [FEVER, TEST, ev("c1", "close_contact", "06-19T09:00", case="C")], decided("yellow", FEVER_OPEN)),
    row("history a minute earlier does not", "07-10T00:00",
        [FEVER, TEST, ev("c1", "close_contact", "06-19T08:59", case="C")], GREEN),
    row("a contact after the onset is history too", "07-20T00:00",
        [FEVER, TEST, ev("c1", "close_contact", "07-05T00:00", case="C")], decided("yellow", FEVER_OPEN)),
    row("an overseas entry is history", "07-16T00:00",
        [FEVER, TEST, ev("o1", "overseas_entry", "06-22T00:00", country="USA")],
        decided("yellow", FEVER_OPEN)),
    row("a stay that matches a designation is history", "07-12T00:00",
        [FEVER, TEST, ev("s1", "area_stay", "06-18T00:00", until="06-21T00:00", place="110106")],
        decided("yellow", FEVER_OPEN), [BEIJING]),
    row("a stay elsewhere is not", "07-12T00:00",
        [FEVER, TEST, ev("s1", "area_stay", "06-18T00:00", until="06-21T00:00", place="330106")],
        GREEN, [BEIJING]),
    row("a positive test is history", "07-12T00:00",
        [FEVER, TEST, ev("n2", "nat_result", "07-01T00:00", result="positive"),
         ev("d1", "diagnosis", "07-02T00:00", status="excluded")], decided("yellow", FEVER_OPEN)),
    row("a diagnosis of excluded is not", "07-12T00:00",
        [FEVER, TEST, ev("d1", "diagnosis", "07-02T00:00", status="excluded")], GREEN),
    row("a diagnosis other than excluded is", "07-12T00:00",
        [FEVER, TEST, ev("d1", "diagnosis", "07-02T00:00", status="suspected"),
         ev("d2", "diagnosis", "07-04T00:00", status="excluded")], decided("yellow", FEVER_OPEN)),
    row("a contact without its own fever is red, fever yellow beneath", "07-05T00:00", [FEVER, TEST, CONTACT],
        decided("red", CONTACT_RED, FEVER_OPEN, then=("07-09T12:00", "yellow"))),
    row("a retracted contact is no history", "07-05T00:00",
        [FEVER, TEST, CONTACT, ev("t1", "retraction", "07-04T12:00", retracts="c1", reason="w")], GREEN),
    row("a bare date of clearing lifts at the next midnight", "07-07T00:00",
        [FEVER, ev("w1", "symptom_cleared", "07-06")], GREEN),
    row("on the bare date of clearing the fever still holds", "07-06T12:00",
        [FEVER, ev("w1", "symptom_cleared", "07-06")], {"colour": "yellow"}),
    row("a stay left exactly 14 days before the designation is no history", "07-10T00:00",
        [FEVER, TEST, ev("s1", "area_stay", "06-22T00:00", until="06-25T00:00", place="110106")],
        GREEN, [area("a1", "high", "110106", "07-09T00:00")]),
    row("a stay begun as the designation ends is no history", "07-10T00:00",
        [FEVER, TEST, ev("s1", "area_stay", "06-22T00:00", until="06-25T00:00", place="110106")],
        GREEN, [area("a1", "high", "110106", "06-13T00:00", to="06-22T00:00")]),
    row("a bare date of onset begins at 00:00", "07-03T00:00", [ev("f1", "symptom", "07-03", symptom="fever")],
        decided("yellow", ground("fever", "07-03T00:00", None))),
]  # fmt: skip

STAY = ev("s1", "area_stay", "06-20T00:00", until="06-28T18:00", place="110106005")
RISK = ground("risk_area", "06-20T00:00", "07-12T18:00", evidence=["s1"])
RISKY = decided("yellow", RISK, then=("07-12T18:00", "green"))
THERE = ev("s1", "area_stay", "06-20T00:00", place="110106")
STILL = decided("yellow", ground("risk_area", "06-20T00:00", None))


def tested(at: str, reported_at: str) -> dict[str, object]:
    """A negative test."""
    return ev("n1", "nat_result", at, result="negative", reported_at=reported_at)


AREAS = [
    row("risk: high is yellow from the stay's start", "06-20T00:00", [STAY], RISKY, [BEIJING]),
    row("risk: medium is the same", "07-01T00:00", [STAY], RISKY, [area("a1", "medium", "110106", "06-13T00:00")]),
    row("risk: the last microsecond", "07-12T17:59:59.999999", [STAY], RISKY, [BEIJING]),
    row("risk: 14 days after leaving it is over", "07-12T18:00", [STAY], GREEN, [BEIJING]),
    row("risk: before the stay nothing", "06-19T23:59:59.999999", [STAY], GREEN, [BEIJING]),
    row("risk: a longer code does not match a shorter stay", "07-01T00:00", [THERE], GREEN,
        [area("a1", "high", "110106005", "06-13T00:00")]),
    row("risk: another county does not match", "07-01T00:00", [STAY], GREEN,
        [area("a1", "high", "330106", "06-13T00:00")]),
    row("risk: still there is open", "07-30T00:00", [THERE], STILL, [BEIJING]),
    row("risk: a designation known to come", "06-24T00:00", [STAY],
        decided("green", then=("06-25T00:00", "yellow")), [area("a1", "high", "110106", "06-25T00:00")]),
    row("risk: a stay within 14 days before the designation counts from its start", "07-05T00:00", [STAY],
        decided("yellow", ground("risk_area", "07-05T00:00", "07-12T18:00"), then=("07-12T18:00", "green")),
        [area("a1", "high", "110106", "07-05T00:00")]),
    row("risk: a stay left exactly 14 days before does not", "07-12T18:00", [STAY], GREEN,
        [area("a1", "high", "110106", "07-12T18:00")]),
    row("risk: a stay begun as the designation ends does not", "06-20T00:00", [STAY], GREEN,
        [area("a1", "high", "110106", "06-13T00:00", to="06-20T00:00")]),
    row("risk: the end of the designation ends it", "07-05T00:00", [STAY], GREEN,
        [area("a1", "high", "110106", "06-13T00:00", to="07-05T00:00")]),
    row("risk: the end of the designation is known", "07-04T23:59:59.999999", [STAY],
        decided("yellow", ground("risk_area", "06-20T00:00", "07-05T00:00"), then=("07-05T00:00", "green")),
        [area("a1", "high", "110106", "06-13T00:00", to="07-05T00:00")]),
    row("risk: a designation to a bare date ends at the next midnight", "07-05T12:00", [STAY],
        decided("yellow", ground("risk_area", "06-20T00:00", "07-06T00:00"), then=("07-06T00:00", "green")),
        [area("a1", "high", "110106", "06-13", to="07-05")]),
    row("risk: left on a bare date counts from the next midnight", "07-01T00:00",
        [ev("s1", "area_stay", "06-20", until="06-28", place="110106")],
        decided("yellow", ground("risk_area", "06-20T00:00", "07-13T00:00"), then=("07-13T00:00", "green")),
        [BEIJING]),
    row("risk: a test after leaving, before its report", "06-29T19:59", [STAY, tested("06-29T09:00", "06-29T20:00")],
        decided("yellow", ground("risk_area", "06-20T00:00", "06-29T20:00"), then=("06-29T20:00", "green")),
        [BEIJING]),
    row("risk: a test after leaving lifts at its report", "06-29T20:00",
        [STAY, tested("06-29T09:00", "06-29T20:00")], GREEN, [BEIJING]),
    row("risk: a test at the very leaving counts", "06-29T20:00",
        [STAY, tested("06-28T18:00", "06-29T20:00")], GREEN, [BEIJING]),
    row("risk: a test before leaving does not", "06-29T20:00",
        [STAY, tested("06-28T17:59", "06-29T20:00")], RISKY, [BEIJING]),
    row("risk: a positive test lifts nothing", "06-30T00:00",
        [STAY, ev("n1", "nat_result", "06-29T00:00", result="positive")],
        decided("red", ground("positive_pending", "06-29T00:00", None, "hospital"), RISK), [BEIJING]),
    row("brought along: a test 7 days before the arrival lifts", "06-30T00:00",
        [STAY, tested("06-22T20:00", "06-23T08:00"), ev("v1", "arrival", "06-29T20:00")], GREEN, [BEIJING]),
    row("brought along: older than 7 days does not", "06-30T00:00",
        [STAY, tested("06-22T19:59", "06-23T08:00"), ev("v1", "arrival", "06-29T20:00")], RISKY, [BEIJING]),
    row("brought along: an arrival before the stay does not", "06-30T00:00",
        [STAY, tested("06-19T00:00", "06-19T08:00"), ev("v1", "arrival", "06-19T20:00")], RISKY, [BEIJING]),
    row("still there: a test from the designation's start on lifts", "06-26T00:00",
        [THERE, tested("06-25T00:00", "06-26T00:00")], GREEN, [BEIJING]),
    row("still there: a test at the designation's start, never before the ground", "06-25T00:00",
        [THERE, tested("06-25T00:00", "06-25T08:00")],
        decided("yellow", ground("risk_area", "06-25T00:00", "06-25T08:00"), then=("06-25T08:00", "green")),
        [area("a1", "high", "110106", "06-25T00:00")]),
    row("still there: a test before the designation does not", "06-26T00:00",
        [THERE, tested("06-24T23:59", "06-25T08:00")],
        decided("yellow", ground("risk_area", "06-25T00:00", None)),
        [area("a1", "high", "110106", "06-25T00:00")]),
    row("risk and fever: both shown, the open one first", "07-05T00:00", [STAY, FEVER],
        decided("yellow", FEVER_OPEN, RISK), [BEIJING]),
]  # fmt: skip

MARKET = area("a1", "high", "110106", "06-13T00:00", communities=["新发地市场"])
NAMED = ev("s1", "area_stay", "06-20T00:00", until="06-28T18:00", place="110106", community="新发地市场")
ELSEWHERE = ev("s1", "area_stay", "06-20T00:00", until="06-28T18:00", place="110106", community="和平社区")

QUESTIONS = [
    row("the named community matches", "07-01T00:00", [NAMED], RISKY, [MARKET]),
    row("another community neither matches nor asks", "07-01T00:00", [ELSEWHERE], GREEN, [MARKET]),
    row("no community is asked for", "07-01T00:00", [STAY], decided("green", ask=["a1"]), [MARKET]),
    row("not asked before the designation holds", "06-24T00:00", [STAY], GREEN,
        [area("a1", "high", "110106", "06-25T00:00", communities=["新发地市场"])]),
    row("not asked after the ground would be over", "07-12T18:00", [STAY], GREEN, [MARKET]),
    row("not asked after a qualifying test", "06-30T00:00", [STAY, tested("06-29T09:00", "06-29T20:00")],
        GREEN, [MARKET]),
    row("not asked after the designation ended", "07-05T00:00", [STAY], GREEN,
        [area("a1", "high", "110106", "06-13T00:00", to="07-05T00:00", communities=["新发地市场"])]),
    row("not asked for another county", "07-01T00:00",
        [ev("s1", "area_stay", "06-20T00:00", until="06-28T18:00", place="330106")], GREEN, [MARKET]),
    row("asked although red for another reason", "07-01T00:00", [STAY, CONTACT],
        decided("red", CONTACT_RED, then=("07-09T12:00", "green"), ask=["a1"]), [MARKET]),
    row("a whole county and a community: one ground, one question", "07-01T00:00", [STAY],
        decided("yellow", RISK, then=("07-12T18:00", "green"), ask=["a1"]),
        [MARKET, area("a2", "medium", "110106", "06-13T00:00")]),
    row("nothing on record is green", "07-01T00:00", [], GREEN),
]  # fmt: skip

ROWS = [*FEVERS, *AREAS, *QUESTIONS]
