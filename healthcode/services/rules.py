"""Rule sets: installing the shipped baseline, signing versions and checking what was signed (N3.1)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from django.db import transaction

from healthcode.domain.governance import RuleState, message_to_sign
from healthcode.domain.instants import parse_moment
from healthcode.domain.rulesets import BASELINE, fingerprint, shipped_data, texts_in
from healthcode.domain.tokens import cose
from healthcode.models import Account, RuleSetKey, RuleSetVersion, vault
from healthcode.services.audit import record_act

_LABEL = "rulesetkey.private"


class Verified(NamedTuple):
    """What checking a version found: its data are those of the fingerprint, and the signature is the key's."""

    data_hold: bool
    signature_holds: bool

    @property
    def holds(self) -> bool:
        """Tell whether both do."""
        return self.data_hold and self.signature_holds


@transaction.atomic
def install_baseline(*, by: Account | None, at: datetime) -> RuleSetVersion:
    """Put the shipped rule set into the database unless it is there, sign it unless it is signed, and return it."""
    data = shipped_data(BASELINE)
    version, made = RuleSetVersion.objects.get_or_create(
        code=BASELINE,
        defaults={
            "data": data,
            "fingerprint": fingerprint(data),
            "state": RuleState.IN_FORCE.value,
            "valid_from": parse_moment(data["valid_from"]).begins,
            "recorded_at": at,
        },
    )
    if not version.signature:
        sign(version=version, key=ensure_rule_key(by=by, at=at))
        version.save(update_fields=["signature", "signed_with"])
    if made:
        record_act(by=by, at=at, action="install_ruleset", ruleset=version.code, fingerprint=version.fingerprint)
    return version


def sign(*, version: RuleSetVersion, key: RuleSetKey) -> None:
    """Put the province's signature on the version's code, fingerprint and instant. The caller saves it.

    Raises ``ValueError`` for a version without an instant.
    """
    if version.valid_from is None:
        raise ValueError(f"{version.code} has no instant to sign")
    version.signature = sign_message(key, message_to_sign(version.code, version.fingerprint, version.valid_from))
    version.signed_with = key


def sign_message(key: RuleSetKey, message: bytes) -> str:
    """Return the province's signature over a message, as base64url; the message says what sort of thing it is."""
    private = load_der_private_key(bytes.fromhex(vault().open(key.private_sealed, _LABEL)), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("the stored key is no elliptic curve key")
    return urlsafe_b64encode(cose.sign_es256(private, message)).decode().rstrip("=")


def signature_holds(key: RuleSetKey, signature: str, message: bytes) -> bool:
    """Tell whether ``sign_message`` gave this signature."""
    return _holds(bytes(key.public_der), signature, message)


def ensure_rule_key(*, by: Account | None, at: datetime) -> RuleSetKey:
    """Return the province's key for versions of the rules; make it where there is none."""
    key = RuleSetKey.objects.order_by("-pk").first()
    if key is None:
        key = _make_key(at)
        record_act(by=by, at=at, action="make_rule_key", key=key.pk)
    return key


def _make_key(at: datetime) -> RuleSetKey:
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return RuleSetKey.objects.create(
        public_der=private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        private_sealed=vault().seal(der.hex(), _LABEL),
        made_at=at,
    )


def public_key_text(key: RuleSetKey) -> str:
    """Return the public half in PEM: what anybody checks a version with."""
    public = load_der_public_key(bytes(key.public_der))
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def verify(version: RuleSetVersion) -> Verified:
    """Check the version as it stands in the database: its data against its fingerprint, and the signature."""
    data_hold = fingerprint(version.data) == version.fingerprint
    if version.signed_with is None or version.valid_from is None:
        return Verified(data_hold, signature_holds=False)
    message = message_to_sign(version.code, version.fingerprint, version.valid_from)
    return Verified(data_hold, _holds(bytes(version.signed_with.public_der), version.signature, message))


@lru_cache(maxsize=64)
def _holds(public_der: bytes, text: str, message: bytes) -> bool:
    """Tell whether a signature holds. Every decision asks it of the same few, which never change their answer."""
    try:
        signature = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return False
    public = load_der_public_key(public_der)
    return isinstance(public, ec.EllipticCurvePublicKey) and cose.holds_es256(public, signature, message)


def texts_of(code: str) -> Mapping[str, Mapping[str, str]]:
    """Return how the version of this code words the clauses, by clause and language."""
    data = RuleSetVersion.objects.filter(code=code).values_list("data", flat=True).first()
    return texts_in(data or {})


def published_versions() -> list[RuleSetVersion]:
    """Return the versions that are, were or will be in force, newest first, with their acts: the change log."""
    versions = RuleSetVersion.objects.binding().select_related("signed_with").prefetch_related("events")
    return list(versions.order_by("-valid_from"))
