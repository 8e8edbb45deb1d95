"""Truth table, red rules: every start, end and stage edge, and every exit, worked out by hand from the text."""

from tests.healthcode.truth_kit import area, decided, ev, ground, row

GREEN = decided("green")

FOUND = ev("d1", "diagnosis", "07-01T08:00", status="confirmed")
SILENT = ev("d1", "diagnosis", "07-01T08:00", status="asymptomatic")
SUSPECTED = ev("d1", "diagnosis", "07-01T08:00", status="suspected")
HOME = ev("x1", "discharge", "07-20T10:00")
IN_HOSPITAL = ground("confirmed", "07-01T08:00", None, "hospital", evidence=["d1"])
RECOVERING = ground("confirmed", "07-01T08:00", "08-03T10:00", "convalescence")
ALL = ev("r1", "release", "07-25T09:00", of=["d1"], stage="all", document="r")

DIAGNOSES = [
    row("confirmed holds from the finding", "07-01T08:00", [FOUND], decided("red", IN_HOSPITAL)),
    row("confirmed: before the finding nothing is known", "07-01T07:59:59.999999", [FOUND], GREEN),
    row("confirmed stays open", "12-31T00:00", [FOUND], decided("red", IN_HOSPITAL)),
    row(
        "confirmed: at the discharge convalescence begins",
        "07-20T10:00",
        [FOUND, HOME],
        decided("red", RECOVERING, then=("08-03T10:00", "green")),
    ),
    row(
        "confirmed: the last microsecond of convalescence",
        "08-03T09:59:59.999999",
        [FOUND, HOME],
        decided("red", RECOVERING, then=("08-03T10:00", "green")),
    ),
    row("confirmed: convalescence is over after 14 days", "08-03T10:00", [FOUND, HOME], GREEN),
    row("a discharge before the finding has no effect", "07-30T00:00",
        [FOUND, ev("x1", "discharge", "06-30T10:00")], decided("red", IN_HOSPITAL)),
    row("the first discharge counts", "08-03T10:00",
        [FOUND, HOME, ev("x2", "discharge", "07-28T10:00")], GREEN),
    row("a retracted discharge leaves the stage hospital", "07-22T00:00",
        [FOUND, HOME, ev("t1", "retraction", "07-21T00:00", retracts="x1", reason="w")],
        decided("red", IN_HOSPITAL)),
    row("excluded ends confirmed at that instant", "07-03T08:00",
        [FOUND, ev("d2", "diagnosis", "07-03T08:00", status="excluded")], GREEN),
    row("excluded during convalescence ends it", "07-24T00:00",
        [FOUND, HOME, ev("d2", "diagnosis", "07-23T08:00", status="excluded")], GREEN),
    row("excluded alone is no ground", "07-03T08:00",
        [ev("d2", "diagnosis", "07-03T08:00", status="excluded")], GREEN),
    row("asymptomatic as confirmed, in hospital", "07-02T00:00", [SILENT],
        decided("red", ground("asymptomatic", "07-01T08:00", None, "hospital"))),
    row("asymptomatic as confirmed, convalescence", "07-21T00:00", [SILENT, HOME],
        decided("red", ground("asymptomatic", "07-01T08:00", "08-03T10:00", "convalescence"),
                then=("08-03T10:00", "green"))),
    row("in a run since stays the first instant, the last status rules", "07-06T00:00",
        [SILENT, ev("d2", "diagnosis", "07-05T08:00", status="confirmed")],
        decided("red", ground("confirmed", "07-01T08:00", None, "hospital"))),
    row("excluded between two findings breaks the run", "07-08T00:00",
        [FOUND, ev("d2", "diagnosis", "07-03T08:00", status="excluded"),
         ev("d3", "diagnosis", "07-05T08:00", status="asymptomatic")],
        decided("red", ground("asymptomatic", "07-05T08:00", None, "hospital"))),
    row("a discharge belongs to the finding in force: a later finding is in hospital again", "07-26T00:00",
        [FOUND, HOME, ev("d2", "diagnosis", "07-25T08:00", status="confirmed")],
        decided("red", ground("confirmed", "07-01T08:00", None, "hospital"))),
    row("suspected holds in stage hospital", "07-01T08:00", [SUSPECTED],
        decided("red", ground("suspected", "07-01T08:00", None, "hospital"))),
    row("suspected is not opened by a discharge", "09-01T00:00", [SUSPECTED, HOME],
        decided("red", ground("suspected", "07-01T08:00", None, "hospital"))),
    row("suspected: confirmed takes over with its own since", "07-02T08:00",
        [SUSPECTED, ev("d2", "diagnosis", "07-02T08:00", status="confirmed")],
        decided("red", ground("confirmed", "07-02T08:00", None, "hospital"))),
    row("suspected: one microsecond before it is excluded", "07-02T07:59:59.999999",
        [SUSPECTED, ev("d2", "diagnosis", "07-02T08:00", status="excluded")],
        decided("red", ground("suspected", "07-01T08:00", None, "hospital"))),
    row("suspected: excluded ends it", "07-02T08:00",
        [SUSPECTED, ev("d2", "diagnosis", "07-02T08:00", status="excluded")], GREEN),
    row("suspected after confirmed takes over with its own since", "07-06T00:00",
        [FOUND, ev("d2", "diagnosis", "07-05T08:00", status="suspected")],
        decided("red", ground("suspected", "07-05T08:00", None, "hospital"))),
    row("release all ends convalescence", "07-25T09:00", [FOUND, HOME, ALL], GREEN),
    row("a bare date of discharge counts from the next midnight", "07-22T00:00",
        [FOUND, ev("x1", "discharge", "07-20")],
        decided("red", ground("confirmed", "07-01T08:00", "08-04T00:00", "convalescence"),
                then=("08-04T00:00", "green"))),
]  # fmt: skip

POSITIVE = ev("n1", "nat_result", "07-01T09:00", result="positive", reported_at="07-02T07:00")
PENDING = ground("positive_pending", "07-02T07:00", None, "hospital", evidence=["n1"])
CONFIRMED_LATER = ev("d1", "diagnosis", "07-03T08:00", status="confirmed")

POSITIVES = [
    row("a positive test turns at its report", "07-02T06:59:59.999999", [POSITIVE],
        decided("green", then=("07-02T07:00", "red"))),
    row("a positive test holds from its report, open", "07-02T07:00", [POSITIVE], decided("red", PENDING)),
    row("without a report time from the sampling", "07-01T09:00",
        [ev("n1", "nat_result", "07-01T09:00", result="positive")],
        decided("red", ground("positive_pending", "07-01T09:00", None, "hospital"))),
    row("a diagnosis takes over from the positive test", "07-03T08:00", [POSITIVE, CONFIRMED_LATER],
        decided("red", ground("confirmed", "07-03T08:00", None, "hospital"))),
    row("a diagnosis at the very sampling ends it too", "07-04T00:00",
        [POSITIVE, ev("d1", "diagnosis", "07-01T09:00", status="excluded")], GREEN),
    row("a diagnosis before the sampling does not", "07-04T00:00",
        [POSITIVE, ev("d1", "diagnosis", "07-01T08:59", status="excluded")], decided("red", PENDING)),
    row("excluded ends a positive test", "07-03T08:00",
        [POSITIVE, ev("d1", "diagnosis", "07-03T08:00", status="excluded")], GREEN),
]  # fmt: skip

CONTACT = ev("c1", "close_contact", "06-25T12:00", case="C-9")
CONTACT_RED = decided("red", ground("close_contact", "06-25T12:00", "07-09T12:00", "central", evidence=["c1"]),
                      then=("07-09T12:00", "green"))  # fmt: skip
ENTRY = ev("o1", "overseas_entry", "07-01T10:00", country="ITA")
ABROAD = ground("overseas_entry", "07-01T10:00", "07-22T10:00", "central", stage_until="07-15T10:00")
AT_HOME = ground("overseas_entry", "07-01T10:00", "07-22T10:00", "home")
OUT = ("07-22T10:00", "green")


def paper(at: str, stage: str, *of: str) -> dict[str, object]:
    """A release."""
    return ev(f"r-{at}-{stage}", "release", at, of=list(of), stage=stage, document="文")


STAYING_IN = [
    row("contact holds from the last contact", "06-25T12:00", [CONTACT], CONTACT_RED),
    row("contact: the last microsecond", "07-09T11:59:59.999999", [CONTACT], CONTACT_RED),
    row("contact: over after 14 days", "07-09T12:00", [CONTACT], GREEN),
    row("two contacts are two grounds, the later end first", "06-30T00:00",
        [CONTACT, ev("c2", "close_contact", "06-28T12:00", case="C-8")],
        decided("red", ground("close_contact", "06-28T12:00", "07-12T12:00", "central", evidence=["c2"]),
                ground("close_contact", "06-25T12:00", "07-09T12:00", "central", evidence=["c1"]),
                then=("07-12T12:00", "green"))),
    row("a bare date of contact: red from 00:00, 14 days from 24:00", "06-26T00:00",
        [ev("c1", "close_contact", "06-25", case="C-9")],
        decided("red", ground("close_contact", "06-25T00:00", "07-10T00:00", "central"),
                then=("07-10T00:00", "green"))),
    row("release central ends a contact", "07-01T09:00", [CONTACT, paper("07-01T09:00", "central", "c1")], GREEN),
    row("release home ends a contact", "07-01T09:00", [CONTACT, paper("07-01T09:00", "home", "c1")], GREEN),
    row("release all ends a contact", "07-01T09:00", [CONTACT, paper("07-01T09:00", "all", "c1")], GREEN),
    row("a release of another record changes nothing", "07-02T00:00",
        [CONTACT, paper("07-01T09:00", "all", "c7")], CONTACT_RED),
    row("a release before the contact changes nothing", "07-02T00:00",
        [CONTACT, paper("06-24T09:00", "all", "c1")], CONTACT_RED),
    row("a retracted release changes nothing", "07-02T00:00",
        [CONTACT, paper("07-01T09:00", "all", "c1"),
         ev("t1", "retraction", "07-01T12:00", retracts="r-07-01T09:00-all", reason="w")], CONTACT_RED),
    row("a retracted contact is no ground", "07-01T00:00",
        [CONTACT, ev("t1", "retraction", "07-01T00:00", retracts="c1", reason="w")], GREEN),
    row("one microsecond before the retraction it is", "06-30T23:59:59.999999",
        [CONTACT, ev("t1", "retraction", "07-01T00:00", retracts="c1", reason="w")], CONTACT_RED),
    row("a retraction counts from its recording", "07-01T12:00",
        [CONTACT, ev("t1", "retraction", "07-01T00:00", retracts="c1", reason="w", recorded_at="07-02T00:00")],
        CONTACT_RED),
    row("a retraction cannot be retracted", "07-02T00:00",
        [CONTACT, ev("t1", "retraction", "07-01T00:00", retracts="c1", reason="w"),
         ev("t2", "retraction", "07-01T06:00", retracts="t1", reason="w")], GREEN),
    row("a late record is not known before it is recorded", "06-29T23:59",
        [ev("c1", "close_contact", "06-25T12:00", case="C-9", recorded_at="06-30T00:00")], GREEN),
    row("a late record holds back to its event", "06-30T00:00",
        [ev("c1", "close_contact", "06-25T12:00", case="C-9", recorded_at="06-30T00:00")], CONTACT_RED),
    row("entry holds from the entry, central first", "07-01T10:00", [ENTRY], decided("red", ABROAD, then=OUT)),
    row("entry: the last microsecond of central", "07-15T09:59:59.999999", [ENTRY],
        decided("red", ABROAD, then=OUT)),
    row("entry: home after 14 days", "07-15T10:00", [ENTRY], decided("red", AT_HOME, then=OUT)),
    row("entry: the last microsecond of home", "07-22T09:59:59.999999", [ENTRY],
        decided("red", AT_HOME, then=OUT)),
    row("entry: over after 21 days", "07-22T10:00", [ENTRY], GREEN),
    row("entry, release central: seven days at home from it", "07-10T09:00",
        [ENTRY, paper("07-10T09:00", "central", "o1")],
        decided("red", ground("overseas_entry", "07-01T10:00", "07-17T09:00", "home"),
                then=("07-17T09:00", "green"))),
    row("entry, release home during central ends it", "07-10T09:00",
        [ENTRY, paper("07-10T09:00", "home", "o1")], GREEN),
    row("entry, release central then home", "07-12T09:00",
        [ENTRY, paper("07-12T09:00", "home", "o1"), paper("07-10T09:00", "central", "o1")], GREEN),
    row("entry, release central during home changes nothing", "07-19T00:00",
        [ENTRY, paper("07-18T09:00", "central", "o1")], decided("red", AT_HOME, then=OUT)),
    row("entry, a second release central changes nothing", "07-12T00:00",
        [ENTRY, paper("07-10T09:00", "central", "o1"), paper("07-11T09:00", "central", "o1")],
        decided("red", ground("overseas_entry", "07-01T10:00", "07-17T09:00", "home"),
                then=("07-17T09:00", "green"))),
    row("entry, release home ends home", "07-18T09:00", [ENTRY, paper("07-18T09:00", "home", "o1")], GREEN),
    row("entry, release all during central ends it", "07-10T09:00",
        [ENTRY, paper("07-10T09:00", "all", "o1")], GREEN),
    row("a bare date of release acts at the next midnight", "07-11T00:00",
        [ENTRY, paper("07-10", "central", "o1")],
        decided("red", ground("overseas_entry", "07-01T10:00", "07-18T00:00", "home"),
                then=("07-18T00:00", "green"))),
    row("a bare date of entry: 14 and 7 days from its 24:00", "07-02T00:00",
        [ev("o1", "overseas_entry", "07-01", country="ITA")],
        decided("red", ground("overseas_entry", "07-01T00:00", "07-23T00:00", "central",
                              stage_until="07-16T00:00"), then=("07-23T00:00", "green"))),
    row("contact ends inside the entry: both shown, the colour turns with the later", "07-05T00:00",
        [CONTACT, ENTRY],
        decided("red", ABROAD, ground("close_contact", "06-25T12:00", "07-09T12:00", "central"), then=OUT)),
]  # fmt: skip

ORDER = ev("i1", "isolation_order", "07-05T00:00", until="07-12T00:00", mode="home", document="文",
           recorded_at="07-03T00:00")  # fmt: skip
ORDERED = decided("red", ground("isolation_order", "07-05T00:00", "07-12T00:00", "home"),
                  then=("07-12T00:00", "green"))  # fmt: skip
STAY = ev("s1", "area_stay", "07-02T00:00", until="07-06T00:00", place="110106005")
OUTBREAK = area("a1", "outbreak", "110106", "07-04T00:00")
STRUCK = ground("outbreak_area", "07-04T00:00", "07-20T00:00", "central", evidence=["s1"])

ORDERS = [
    row("an order of the future is announced", "07-04T00:00", [ORDER],
        decided("green", then=("07-05T00:00", "red"))),
    row("an order not yet recorded is not", "07-02T23:59", [ORDER], GREEN),
    row("an order holds from its start", "07-05T00:00", [ORDER], ORDERED),
    row("an order: the last microsecond", "07-11T23:59:59.999999", [ORDER], ORDERED),
    row("an order: over at its end", "07-12T00:00", [ORDER], GREEN),
    row("an order until a bare date holds that day", "07-12T12:00",
        [ev("i1", "isolation_order", "07-05", until="07-12", mode="central", document="文")],
        decided("red", ground("isolation_order", "07-05T00:00", "07-13T00:00", "central"),
                then=("07-13T00:00", "green"))),
    row("release central ends a central order", "07-08T00:00",
        [ev("i1", "isolation_order", "07-05T00:00", until="07-12T00:00", mode="central", document="文"),
         paper("07-08T00:00", "central", "i1")], GREEN),
    row("release home ends a home order", "07-08T00:00", [ORDER, paper("07-08T00:00", "home", "i1")], GREEN),
    row("a release before the order begins changes nothing", "07-05T00:00",
        [ORDER, paper("07-04T00:00", "all", "i1")], ORDERED),
    row("a red control order", "07-05T00:00",
        [ev("k1", "control_order", "07-05T00:00", until="07-06T00:00", colour="red", document="文")],
        decided("red", ground("control_order", "07-05T00:00", "07-06T00:00", clause=["N1.1"], colour="red"),
                then=("07-06T00:00", "green"))),
    row("a yellow control order", "07-05T23:59:59.999999",
        [ev("k1", "control_order", "07-05T00:00", until="07-06T00:00", colour="yellow", document="文")],
        decided("yellow", ground("control_order", "07-05T00:00", "07-06T00:00", clause=["N1.2"], colour="yellow"),
                then=("07-06T00:00", "green"))),
    row("a control order is over at its end", "07-06T00:00",
        [ev("k1", "control_order", "07-05T00:00", until="07-06T00:00", colour="red", document="文")], GREEN),
    row("yellow now, a red order known to come", "07-04T00:00",
        [ev("k1", "control_order", "07-01T00:00", until="07-10T00:00", colour="yellow", document="文"), ORDER],
        decided("yellow",
                ground("control_order", "07-01T00:00", "07-10T00:00", clause=["N1.2"], colour="yellow"),
                then=("07-05T00:00", "red"))),
    row("outbreak holds from the later of stay and designation", "07-04T00:00", [STAY],
        decided("red", STRUCK, then=("07-20T00:00", "green")), [OUTBREAK]),
    row("outbreak: one microsecond before the designation", "07-03T23:59:59.999999", [STAY],
        decided("green", then=("07-04T00:00", "red")), [OUTBREAK]),
    row("outbreak: 14 days after leaving it is over", "07-20T00:00", [STAY], GREEN, [OUTBREAK]),
    row("outbreak: still there is open", "09-01T00:00",
        [ev("s1", "area_stay", "07-06T00:00", place="110106")],
        decided("red", ground("outbreak_area", "07-06T00:00", None, "central")), [OUTBREAK]),
    row("outbreak ends with its designation", "07-10T00:00", [STAY], GREEN,
        [area("a1", "outbreak", "110106", "07-04T00:00", to="07-10T00:00")]),
    row("a negative test does not lift outbreak", "07-08T00:00",
        [STAY, ev("n1", "nat_result", "07-07T00:00", result="negative")],
        decided("red", STRUCK, then=("07-20T00:00", "green")), [OUTBREAK]),
    row("release central ends outbreak", "07-08T00:00", [STAY, paper("07-08T00:00", "central", "s1")],
        GREEN, [OUTBREAK]),
]  # fmt: skip

ROWS = [*DIAGNOSES, *POSITIVES, *STAYING_IN, *ORDERS]
