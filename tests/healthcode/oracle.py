"""A second, naive reading of the colour rules, used only to check `decide()` against.

Written from the text of the rule set alone and for clearness, not speed: everything is worked out again at
every instant. Only valid cases are understood. Where the text leaves room the chosen reading stands in the
docstring of the function that makes the choice, as "Reading: …".
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from tests.healthcode.oracle_kit import (
    DAY,
    PRINTED,
    Ground,
    Json,
    Piece,
    begin,
    clip,
    detail,
    earliest,
    end,
    happened,
    of_kind,
    printed,
    recorded,
    released,
    reported,
)

SEVERITY = {"green": 0, "yellow": 1, "red": 2}
# Reading: a stay from one of these sources is "a device's or telecom's location alone".
LOCATION_SOURCES = ("device", "telecom")


def diagnosis_chain(case: Json) -> list[Json]:
    """All diagnoses by `at`. Reading: of two at the same instant the later recorded one rules, then by id."""
    return sorted(of_kind(case, "diagnosis"), key=lambda d: (happened(d), recorded(d), d["id"]))


def diagnosis_pieces(case: Json, diagnosis: Json, following: Json | None) -> tuple[Piece, ...]:
    """The stages of one diagnosis. Reading: a discharge at the very instant of the finding is not later."""
    found = happened(diagnosis)
    over = happened(following) if following else None
    if detail(diagnosis)["status"] == "suspected":
        return clip((Piece("hospital", found, None, ("diagnosis",)),), over)
    left = earliest(*(happened(d) for d in of_kind(case, "discharge") if happened(d) > found))
    if left is None or (over is not None and left >= over):
        return clip((Piece("hospital", found, None, ("discharge", "excluded")),), over)
    hospital = Piece("hospital", found, left, ("discharge", "excluded"))
    return clip((hospital, Piece("convalescence", left, left + 14 * DAY, ("time", "excluded", "release"))), over)


def diagnosis_grounds(case: Json) -> Iterator[Ground]:
    """Confirmed, asymptomatic and suspected.

    Reading: a run is broken by another status, and by a gap in which its ground no longer held.
    """
    chain = diagnosis_chain(case)
    before: Ground | None = None
    for index, diagnosis in enumerate(chain):
        following = chain[index + 1] if index + 1 < len(chain) else None
        status, found = detail(diagnosis)["status"], happened(diagnosis)
        if status == "excluded":
            before = None
            continue
        carried = before is not None and (before.until is None or before.until >= found)
        since = before.since if before and carried else found
        if status == "suspected":
            since = found
        pieces = diagnosis_pieces(case, diagnosis, following)
        ground = Ground(status, "red", ("N1.1", "N2.1"), diagnosis["id"], since, pieces)
        yield ground
        if status == "suspected":
            before = None
        elif pieces:  # a finding replaced at its own instant never held, so it breaks nothing
            before = released(case, ground)


def positive_grounds(case: Json) -> Iterator[Ground]:
    """Reading: a diagnosis given as a bare date ends the ground, and is compared, at its 24:00."""
    for test in of_kind(case, "nat_result"):
        if detail(test)["result"] == "positive":
            sampled = begin(test["at"])
            found = [end(d["at"]) for d in of_kind(case, "diagnosis") if end(d["at"]) >= sampled]
            piece = Piece("hospital", begin(reported(test)), earliest(*found), ("diagnosis",))
            yield Ground("positive_pending", "red", ("N1.1",), test["id"], piece.begin, (piece,))


def contact_grounds(case: Json) -> Iterator[Ground]:
    """A ground of 14 days for each contact."""
    for contact in of_kind(case, "close_contact"):
        since, counted = begin(contact["at"]), end(contact["at"])
        piece = Piece("central", since, counted + 14 * DAY, ("time", "release"))
        yield Ground("close_contact", "red", ("N1.1", "N2.1"), contact["id"], since, (piece,))


def entry_grounds(case: Json) -> Iterator[Ground]:
    """14 days central, then 7 days home for each entry."""
    for entry in of_kind(case, "overseas_entry"):
        since, counted = begin(entry["at"]), end(entry["at"])
        central = Piece("central", since, counted + 14 * DAY, ("time", "release"))
        home = Piece("home", counted + 14 * DAY, counted + 21 * DAY, ("time", "release"))
        yield Ground("overseas_entry", "red", ("N1.1", "N2.1", "N2.3"), entry["id"], since, (central, home))


def order_grounds(case: Json) -> Iterator[Ground]:
    """Isolation and control orders, from `at` until `until`."""
    for order in of_kind(case, "isolation_order"):
        piece = Piece(detail(order)["mode"], begin(order["at"]), end(order["until"]), ("time", "release"))
        yield Ground("isolation_order", "red", ("N1.1", "N2.3"), order["id"], piece.begin, (piece,))
    for order in of_kind(case, "control_order"):
        colour = detail(order)["colour"]
        piece = Piece(None, begin(order["at"]), end(order["until"]), ("time",))
        clause = {"red": "N1.1", "yellow": "N1.2"}[colour]
        yield Ground("control_order", colour, (clause,), order["id"], piece.begin, (piece,))


def place_of(stay: Json) -> str:
    """The stay's division code: from the detail, else from the record itself."""
    return str(detail(stay).get("place") or stay.get("place") or "")


def community_of(stay: Json) -> str | None:
    """The stay's community: from the detail, else from the record itself."""
    return detail(stay).get("community") or stay.get("community")


def left_at(stay: Json) -> datetime | None:
    """The departure. Reading: "still there" is exactly a missing `until`."""
    return end(stay["until"]) if stay.get("until") else None


def overlaps(stay: Json, area: Json) -> bool:
    """Whether the stay overlaps `[from - 14 d, to)`."""
    left, lowered = left_at(stay), end(area["to"]) if area.get("to") else None
    too_early = left is not None and left <= begin(area["from"]) - 14 * DAY
    too_late = lowered is not None and begin(stay["at"]) >= lowered
    return not too_early and not too_late


def names_place(stay: Json, area: Json) -> bool:
    """Whether the stay's place matches. Reading: a listed community matches only in the same county."""
    if not area.get("communities"):
        return place_of(stay).startswith(area["code"])
    return same_county(stay, area) and community_of(stay) in area["communities"]


def same_county(stay: Json, area: Json) -> bool:
    """Reading: the first six digits agree, whatever finer digits either side has."""
    return place_of(stay)[:6] == str(area["code"])[:6]


def matches(stay: Json, area: Json) -> bool:
    """Whether the stay gives a ground by the designation."""
    return names_place(stay, area) and stay.get("source") not in LOCATION_SOURCES and overlaps(stay, area)


def asks(stay: Json, area: Json) -> bool:
    """Whether the stay only opens a question: no community given, or a device's location alone."""
    if not overlaps(stay, area):
        return False
    if area.get("communities") and not community_of(stay):
        return same_county(stay, area)
    return names_place(stay, area) and stay.get("source") in LOCATION_SOURCES


def area_ground(case: Json, stay: Json, area: Json) -> Ground:
    """The ground a matching stay gives. Reading: one ground for each pair of stay and designation."""
    since = max(begin(stay["at"]), begin(area["from"]))
    left = left_at(stay)
    over = earliest(left + 14 * DAY if left else None, end(area["to"]) if area.get("to") else None)
    leaving = "time" if left else "leave_area"
    if area["level"] == "outbreak":
        piece = Piece("central", since, over, (leaving, "area_lowered", "release"))
        return Ground("outbreak_area", "red", ("N1.4",), stay["id"], since, (piece,))
    tested = earliest(*(max(end(reported(t)), since) for t in negatives(case) if qualifies(case, t, stay, area)))
    piece = Piece(None, since, earliest(over, tested), ("negative_test", leaving, "area_lowered"))
    return Ground("risk_area", "yellow", ("N1.2", "N2.6"), stay["id"], since, (piece,))


def negatives(case: Json) -> list[Json]:
    """The counted negative tests."""
    return [test for test in of_kind(case, "nat_result") if detail(test)["result"] == "negative"]


def qualifies(case: Json, test: Json, stay: Json, area: Json) -> bool:
    """Whether a negative test ends a `risk_area` ground.

    Reading: a bare sampling date is its 00:00; "within 7 d before" an arrival is `[arrival - 7 d, arrival)`.
    """
    sampled, left = begin(test["at"]), left_at(stay)
    after = sampled >= begin(area["from"]) if left is None else sampled >= left
    arrivals = [begin(a["at"]) for a in of_kind(case, "arrival") if begin(a["at"]) >= begin(stay["at"])]
    return after or any(arrival - 7 * DAY <= sampled < arrival for arrival in arrivals)


def area_grounds(case: Json) -> Iterator[Ground]:
    """The grounds of all stays in all designations."""
    for stay in of_kind(case, "area_stay"):
        for area in case["areas"]:
            if matches(stay, area):
                yield area_ground(case, stay, area)


def needs_detail(case: Json) -> list[str]:
    """The designations to ask about, by id."""
    found = set()
    for stay in of_kind(case, "area_stay"):
        for area in case["areas"]:
            asked = asks(stay, area) and released(case, area_ground(case, stay, area))
            if asked and asked.piece_at(begin(case["at"])):
                found.add(area["id"])
    return sorted(found)


def has_history(case: Json, onset: datetime, at: datetime) -> bool:
    """Epidemiological history for a fever.

    Reading: the window is `[onset - 14 d, at]`; a stay's event is its whole time there; a designation counts
    from its `from` on, as its grounds do; a positive test's event is the sampling.
    """
    counted = [end(r["at"]) for kind in ("close_contact", "overseas_entry") for r in of_kind(case, kind)]
    found = [begin(d["at"]) for d in of_kind(case, "diagnosis") if detail(d)["status"] != "excluded"]
    positive = [begin(t["at"]) for t in of_kind(case, "nat_result") if detail(t)["result"] == "positive"]
    stays = any(
        matches(stay, area) and begin(area["from"]) <= at and (left_at(stay) or at) > onset - 14 * DAY
        for stay in of_kind(case, "area_stay")
        for area in case["areas"]
    )
    return stays or any(event >= onset - 14 * DAY for event in counted + found + positive)


def fever_ground(case: Json, symptom: Json, at: datetime) -> Ground:
    """The fever as its history stands at the instant `at`.

    Reading: a clearing at the very onset counts; `lifts` are those of the two still missing.
    """
    onset = begin(symptom["at"])
    tested = earliest(*(end(reported(t)) for t in negatives(case) if begin(t["at"]) >= onset))
    cleared = earliest(*(happened(r) for r in of_kind(case, "symptom_cleared") if happened(r) >= onset))
    lifts = [
        name
        for name, instant in (("negative_test", tested), ("symptom_cleared", cleared))
        if instant is None or instant > at
    ]
    over = earliest(tested, cleared)
    if has_history(case, onset, at):
        over = max(tested, cleared) if tested and cleared else None
    piece = Piece(None, onset, over, tuple(lifts))
    return released(case, Ground("fever", "yellow", ("N1.2", "N2.5"), symptom["id"], onset, (piece,)))


def fever_grounds(case: Json, at: datetime) -> Iterator[Ground]:
    """The fevers that hold at an instant, with their real end (a later designation may move it)."""
    for symptom in of_kind(case, "symptom"):
        ground = fever_ground(case, symptom, at)
        now = ground.piece_at(at)
        if now:
            later = (i for i in instants(case) if i > at and not fever_ground(case, symptom, i).piece_at(i))
            yield replace(ground, pieces=(replace(now, end=next(later, None)),))


LASTING: tuple[Callable[[Json], Iterator[Ground]], ...] = (
    diagnosis_grounds,
    positive_grounds,
    contact_grounds,
    entry_grounds,
    order_grounds,
    area_grounds,
)


def instants(case: Json) -> list[datetime]:
    """Every instant at which anything could begin or end: all that are written, and the days around them."""
    written = [r[key] for r in case["evidence"] for key in ("at", "until", "recorded_at") if r.get(key)]
    written += [detail(r)["reported_at"] for r in case["evidence"] if detail(r).get("reported_at")]
    written += [area[key] for area in case["areas"] for key in ("from", "to") if area.get(key)]
    bases = {begin(text) for text in written} | {end(text) for text in written}
    return sorted({base + days * DAY for base in bases for days in (-14, -7, 0, 7, 14, 21)})


def grounds_at(case: Json, at: datetime) -> list[Ground]:
    """The grounds that hold at an instant, from what is known at the case's `at`, in the order shown."""
    lasting = [released(case, ground) for rule in LASTING for ground in rule(case)]
    active = [g for g in [*lasting, *fever_grounds(case, at)] if g.piece_at(at)]
    never = datetime.max.replace(tzinfo=PRINTED)
    return sorted(
        active,
        key=lambda g: (-SEVERITY[g.colour], never - (g.until or never), g.since, g.rule, g.evidence),
    )


def colour_of(grounds: list[Ground]) -> str:
    """The worst colour of some grounds, green without any."""
    return max((ground.colour for ground in grounds), key=SEVERITY.__getitem__, default="green")


def printed_ground(ground: Ground, at: datetime) -> Json:
    """One ground as the decision shows it at an instant."""
    piece = ground.piece_at(at) or ground.pieces[-1]
    return {
        "rule": ground.rule,
        "clause": list(ground.clause),
        "colour": ground.colour,
        "evidence": [ground.evidence],
        "since": printed(ground.since),
        "stage": piece.stage,
        "stage_until": printed(piece.end) if piece.stage else None,
        "until": printed(ground.until),
        "lifts": list(piece.lifts),
    }


def oracle_decide(case: Json) -> Json:
    """Take one valid case of the `decide` command; give its decision, without id and timeline."""
    at = begin(case["at"])
    grounds = grounds_at(case, at)
    colour = colour_of(grounds)
    later = ((i, colour_of(grounds_at(case, i))) for i in instants(case) if i > at)
    changes_at, becomes = next(((i, c) for i, c in later if c != colour), (None, None))
    return {
        "at": printed(at),
        "ruleset": "zj-2020-109",
        "colour": colour,
        "grounds": [printed_ground(ground, at) for ground in grounds],
        "changes_at": printed(changes_at),
        "becomes": becomes,
        "needs_detail": needs_detail(case),
    }
