"""What is published for verifiers: signed by the publisher's key, which an offline root has certified.

A document is a function of what it says and of the hour: its instant is rounded down, its signature is deterministic
(RFC 6979), so every process gives the same bytes and the same ETag without a row being stored.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.conf import settings
from django.db import connection, transaction

from healthcode.domain.tokens import BadDocument, Signer
from healthcode.domain.tokens.documents import (
    CERTIFICATE_LIFE,
    KEYS_TYPE,
    Publisher,
    certify,
    keys_payload,
    read_certificate,
    sign_document,
)
from healthcode.domain.tokens.jose import jwk_thumbprint, key_of_jwk, public_jwk
from healthcode.gateways import key_custody
from healthcode.models import Account, CodeKey, PublisherKey
from healthcode.models.keys import public_key_of
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused
from healthcode.services.keys import ISSUER

CUSTODY_LABEL = "publisher.private"
KEYS_STEP = timedelta(minutes=10)
# In a demonstration the root is at hand: a certificate this near its end is renewed.
_RENEWED_BEFORE = timedelta(days=30)
_PUBLISHER_LOCK = 4_510_005


class NoRoot(LookupError):
    """This installation knows no root: it can publish nothing that anybody could check."""

    code = "no_root"


class NoPublisher(LookupError):
    """No publisher's key is certified at this instant."""

    code = "no_publisher"


class Published(NamedTuple):
    """A document as it is sent: its text and its ETag (quoted)."""

    text: str
    etag: str


# --- root and publisher -----------------------------------------------------------------------------------


def root_jwk() -> dict[str, str]:
    """Return the public JWK of the root, for gate pages; raise ``NoRoot``."""
    return public_jwk(root_public_key())


def root_public_key() -> ec.EllipticCurvePublicKey:
    """Return the root's public key from the secrets; raise ``NoRoot``."""
    if settings.ROOT_PUBLIC:
        return key_of_jwk(json.loads(settings.ROOT_PUBLIC))
    return _root_at_hand().public_key()


def _root_at_hand() -> Signer:
    """Return the root's private key where nothing is offline (a demonstration, a developer's machine)."""
    if not settings.ROOT_KEY:
        raise NoRoot("neither root_public nor root_key is among the secrets")
    root = load_pem_private_key(settings.ROOT_KEY.encode("ascii"), password=None)
    if not isinstance(root, ec.EllipticCurvePrivateKey):
        raise NoRoot("root_key is no P-256 key")
    return root


@transaction.atomic
def make_publisher(*, by: Account | None, at: datetime) -> PublisherKey:
    """Make a publisher's key, to be certified by the root, and return it."""
    kept = key_custody().make(CUSTODY_LABEL)
    row = PublisherKey.objects.create(
        kid=jwk_thumbprint(kept.public_key),
        public_der=kept.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        private_sealed=kept.reference,
        made_at=at,
    )
    record_act(by=by, at=at, action="make_publisher", kid=row.kid)
    return row


@transaction.atomic
def install_certificate(*, by: Account | None, certificate: str, at: datetime) -> PublisherKey:
    """Take in what the root has signed; from now on this publisher signs.

    Raises ``NoRoot``; ``Refused``: ``bad_certificate`` (not the root's, past its life, or of a key that is not here).
    """
    try:
        found = read_certificate(certificate, root=root_public_key(), at=at)
    except BadDocument as error:
        raise Refused("bad_certificate", str(error)) from error
    row = PublisherKey.objects.select_for_update(of=("self",)).filter(kid=found.kid).first()
    if row is None or found.issuer != ISSUER:
        raise Refused("bad_certificate", "of another key or issuer")
    row.certificate, row.certified_at, row.valid_until = certificate, at, found.valid_until
    row.save(update_fields=["certificate", "certified_at", "valid_until"])
    record_act(by=by, at=at, action="certify_publisher", kid=row.kid, until=found.valid_until.isoformat())
    transaction.on_commit(forget_publisher)
    return row


@transaction.atomic
def ensure_publisher(*, by: Account | None, at: datetime) -> PublisherKey | None:
    """Where the root is at hand (demonstration, development) see to a certified publisher; else change nothing.

    Returns the publisher that was certified, or None where there was nothing to do.
    """
    if not settings.ROOT_KEY:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISHER_LOCK])
    if _certified(at + _RENEWED_BEFORE) is not None:
        return None
    row = make_publisher(by=by, at=at)
    public_key = public_key_of(row.public_der)
    certificate = certify(root=_root_at_hand(), public_key=public_key, issuer=ISSUER, at=at, life=CERTIFICATE_LIFE)
    return install_certificate(by=by, certificate=certificate, at=at)


def _certified(at: datetime) -> PublisherKey | None:
    root = root_public_key()
    rows = PublisherKey.objects.exclude(certificate="").filter(valid_until__gt=at).order_by("-certified_at", "-pk")
    return next((row for row in rows if _holds(row, root)), None)


def _holds(row: PublisherKey, root: ec.EllipticCurvePublicKey) -> bool:
    """Tell whether the certificate is of the root there is now: the root may have been changed since."""
    try:
        read_certificate(row.certificate, root=root, at=row.certified_at or row.made_at)
    except BadDocument:
        return False
    return True


@lru_cache(maxsize=1)
def _publisher_of(minute: int) -> tuple[Publisher | None, datetime | None]:
    row = _certified(datetime.fromtimestamp(minute * 60, tz=UTC))
    if row is None:
        return None, None
    private = key_custody().open(bytes(row.private_sealed), CUSTODY_LABEL)
    return Publisher(private, row.certificate, ISSUER), row.valid_until


def forget_publisher() -> None:
    """Read the publisher again at the next use."""
    _publisher_of.cache_clear()
    _keys_document.cache_clear()


def publisher(at: datetime) -> Publisher:
    """Return who signs documents at ``at``; raise ``NoPublisher``, ``NoRoot``, ``CustodyDown``. Read once a minute."""
    found, until = _publisher_of(int(at.timestamp()) // 60)
    if found is None or until is None or at >= until:
        raise NoPublisher("no publisher's key is certified by the root")
    return found


# --- documents --------------------------------------------------------------------------------------------


def sign_published(*, typ: str, payload: Mapping[str, Any], at: datetime) -> Published:
    """Return a document of this type; ``payload`` says ``iss``, ``iat`` and ``exp`` itself.

    Raises ``NoPublisher``, ``NoRoot``, ``CustodyDown``.
    """
    text = sign_document(publisher(at), typ, payload)
    return Published(text, f'"{hashlib.sha256(text.encode("ascii")).hexdigest()[:32]}"')


def as_of(at: datetime, step: timedelta, changed_at: datetime | None = None) -> datetime:
    """Return the instant a document bears: ``at`` rounded down to ``step``, but no earlier than its last change."""
    seconds = int(step.total_seconds())
    floor = at - timedelta(seconds=at.timestamp() % seconds)
    return max(floor, changed_at) if changed_at and changed_at <= at else floor


def keys_document(at: datetime) -> Published:
    """Return the signed key set as of ``at``: a withdrawn key is left out from the instant of its withdrawal on.

    Raises ``NoPublisher``, ``NoRoot``, ``CustodyDown``.
    """
    rows = tuple(CodeKey.objects.order_by("pk").values_list(*_TIMES))
    changes = [time for row in rows for time in row[1:] if time is not None and time <= at]
    stamp = as_of(at, KEYS_STEP, max(changes, default=None))
    return _keys_document(rows, stamp, publisher(at).kid)


_TIMES = ("pk", "made_at", "signs_from", "signed_until", "withdrawn_at")


@lru_cache(maxsize=4)
def _keys_document(rows: tuple[Any, ...], stamp: datetime, kid: str) -> Published:
    """Sign the key set once for what is in the rows; the arguments are what it depends on."""
    found = CodeKey.objects.select_related("status_list").filter(pk__in=[row[0] for row in rows])
    payload = keys_payload((row.verifying() for row in found), issuer=ISSUER, at=stamp)
    return sign_published(typ=KEYS_TYPE, payload=payload, at=stamp)
