"""What departments and officers have done of late: feeds that are fresh and one that is not, a stopped order, an alarm.

Everything goes the way it goes in life: requests are signed by the example client, the list is frozen by the look-out.
"""

import importlib.util
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.evidence_table import read_header
from healthcode.domain.instants import to_china
from healthcode.domain.orders import ListOrigin, Measure, OrderReason
from healthcode.domain.signatures import SignedRequest
from healthcode.models import Account, HeldBatch, Outcome, Person, Source, SystemKey
from healthcode.services.alarms import confirm_outcome, propose_outcome
from healthcode.services.evidence import NewEvidence, record_batch
from healthcode.services.imports import Line, Table, load_evidence
from healthcode.services.orders import OrderTerms, approve_order, request_order, stop_order
from healthcode.services.receiving import receive_evidence
from healthcode.services.systems import open_delivery, register_key

URL = "https://jkm.example/api/v1/evidence/"
HOUR = timedelta(hours=1)
# Source, name of its system, kind of record and what it says; how long ago it happened.
_SYSTEMS: tuple[tuple[str, str, Kind, dict[str, str], timedelta], ...] = (
    ("zj-health", "核酸检测信息系统", Kind.NAT_RESULT, {"result": "negative"}, 9 * HOUR),
    ("zj-police", "旅业住宿登记系统", Kind.ARRIVAL, {}, 20 * HOUR),
    ("zj-telecom", "漫游数据服务", Kind.AREA_STAY, {"place": "310101"}, 30 * HOUR),
    ("hz-customs", "健康申明卡系统", Kind.OVERSEAS_ENTRY, {"country": "JPN"}, 40 * 24 * HOUR),
    ("zj-border", "出入境边检系统", Kind.OVERSEAS_ENTRY, {"country": "FRA"}, 35 * 24 * HOUR),
    ("zj-transport", "客运实名系统", Kind.ARRIVAL, {}, 26 * HOUR),
    ("zj-aviation", "离港系统", Kind.ARRIVAL, {}, 12 * HOUR),
    ("national", "跨省数据共享", Kind.NAT_RESULT, {"result": "negative"}, 4 * 24 * HOUR),
)
_ROWS = 5
_LISTED = 40


def seed_supply(clock: Callable[[], datetime]) -> None:
    """Let departments send, officers stop an order, and supervisors judge an alarm; once.

    ``clock`` is read for each request, for a signature is good for moments.
    """
    at = clock()
    staff = {account.username: account for account in Account.objects.filter(is_staff=True)}
    # Those without a story of their own: nobody's colour is to be changed by what is sent about them.
    quiet = Person.objects.filter(applied_at__isnull=False, evidence__isnull=True).order_by("pk")
    people = list(quiet[: _LISTED + len(_SYSTEMS) * _ROWS])
    if SystemKey.objects.exists() or len(people) < _LISTED + len(_SYSTEMS) * _ROWS:
        return
    for place, system in enumerate(_SYSTEMS):
        _send(staff["province"], system, people[place * _ROWS :][:_ROWS], clock())
    _late_file(people[0], at)
    _stop(staff, people[:3], at - 6 * HOUR)
    _judge(staff, people[-_LISTED:], at - 5 * HOUR)


def _send(
    by: Account, system: tuple[str, str, Kind, dict[str, str], timedelta], people: Sequence[Person], at: datetime
) -> None:
    code, label, kind, said, ago = system
    source, private = Source.objects.get(code=code), Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = register_key(by=by, source=source, label=label, public_key=public, at=at)
    rows = [_row(f"{code}-{n}", person, kind, to_china(at - ago), said) for n, person in enumerate(people, 1)]
    # One row in the first department's request is wrong, so that a refusal can be seen.
    rows += [{"id": f"{code}-x", "kind": kind.value}] if code == "zj-health" else []
    body = json.dumps({"rows": rows}, ensure_ascii=False).encode()
    headers = _example_client().Client(URL, key.key_id, private).headers(body)
    delivery = open_delivery(request=SignedRequest("POST", URL, headers, body), at=at)
    receive_evidence(by=delivery, rows=rows, at=at)


def _row(number: str, person: Person, kind: Kind, when: datetime, said: dict[str, str]) -> dict[str, Any]:
    whom = {"document_type": person.document_type, "number": person.number, "name": person.name}
    return {"id": number, "person": whom, "kind": kind.value, "at": when.isoformat(), **said}


def _example_client() -> ModuleType:
    """Load the client that departments download."""
    spec = importlib.util.spec_from_file_location(
        "evidence_client", settings.BASE_DIR / "static" / "clients" / "evidence_client.py"
    )
    if spec is None or spec.loader is None:
        raise FileNotFoundError("evidence_client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _late_file(person: Person, at: datetime) -> None:
    """Let the railway's file have come nine hours ago, with an arrival of four days before: a late feed, late data."""
    received = at - 9 * HOUR
    arrived = to_china(received - 4 * 24 * HOUR).isoformat()
    table = Table(
        "旅客到达.csv",
        read_header(["编号", "姓名", "证件号码", "类型", "时间"]),
        _lines(["sh-rail-1", person.name, person.number, "抵浙", arrived]),
        {},
    )
    load_evidence(by=None, source=Source.objects.get(code="sh-rail"), table=table, at=received, refuse=_never)


def _lines(*rows: list[str]) -> Iterator[Line]:
    return (Line(number, cells) for number, cells in enumerate(rows, 2))


def _never(row: object) -> None:
    raise ValueError(f"the demonstration's file is wrong: {row}")


def _stop(staff: dict[str, Account], people: Sequence[Person], at: datetime) -> None:
    terms = OrderTerms(
        "浙防办〔2020〕39号",
        OrderReason.INDIRECT_CONTACT,
        Measure.YELLOW,
        at + timedelta(days=7),
        ListOrigin.CASE_INVESTIGATION,
        "流调二级接触者名单",
    )
    order = request_order(by=staff["province"], terms=terms, people=people, at=at)
    for name in ("province-2", "commission"):
        approve_order(by=staff[name], order=order, at=at + timedelta(minutes=20))
    reason = "名单与流调报告不符，退回核对"
    stop_order(by=staff["supervisor"], order=order, reason=reason, at=at + timedelta(minutes=50))


def _judge(staff: dict[str, Account], people: Sequence[Person], at: datetime) -> None:
    """Let a list come that nothing on record explains; it is frozen, and two supervisors reject it."""
    begins, source = to_china(at), Source.objects.get(code="zj-office")
    rows = [
        NewEvidence(
            person.pk,
            Evidence(
                id=f"list-{person.public_id}",
                kind=Kind.ISOLATION_ORDER,
                at=begins,
                ended_at=begins,
                until=begins + timedelta(days=14),
                recorded_at=begins,
                source=source.category,
                detail={"mode": "central", "document": "临时名单"},
            ),
        )
        for person in people
    ]
    held = record_batch(by=None, source=source, rows=rows, at=at).held
    if held is None:
        raise ValueError("the demonstration's list was not frozen")
    reason = "名单来自场所扫码记录，不是流调依据"
    held = HeldBatch.objects.get(pk=held.pk)
    propose_outcome(by=staff["supervisor"], held=held, outcome=Outcome.REJECT, reason=reason, at=at + HOUR)
    confirm_outcome(by=staff["supervisor-2"], held=held, at=at + 2 * HOUR)
