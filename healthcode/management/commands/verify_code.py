"""``verify_code``: what any token says and whether it holds, as JSON. With ``--keys`` it needs no database."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from healthcode.domain.instants import CHINA, print_instant
from healthcode.domain.tokens import (
    BadDocument,
    KeySet,
    Kind,
    MalformedKey,
    Reason,
    Verified,
    VerifyingKey,
    key_from_jwk,
    verify_token,
)
from healthcode.domain.tokens.documents import KEYS_TYPE, keys_of_payload, read_document
from healthcode.domain.tokens.jose import Jws, key_of_jwk
from healthcode.services.codes import verify_code


class Command(BaseCommand):
    """Verify one code."""

    help = (
        "Verify a code and print what was found as JSON. Online by default: with the keys, lists and colours of the "
        "database. With --keys FILE offline: the published key set (checked against --root FILE, the root's JWK) or a "
        'bare JWKS. Exit status: 0 the code is ok, 1 it is not (see "result"), 2 the question could not be asked.'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the code, the instant and the files."""
        parser.add_argument("token", help="the text of the QR code")
        parser.add_argument("--at", help="ISO 8601, China time without a zone (default: now)")
        parser.add_argument("--keys", type=Path, help="published key set (JWS) or JWKS; needs no database")
        parser.add_argument("--root", type=Path, help="the root's public JWK, to check --keys against")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the finding and exit with its status."""
        try:
            at = _instant(options["at"])
            if options["keys"] is None:
                checked = verify_code(text=options["token"], at=at)
                verified, more = checked.verified, _colour_now(checked.status)
            else:
                verified, more = _offline(options["token"], at, options["keys"], options["root"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(json.dumps({**_said(verified, at), **more}, ensure_ascii=False, indent=2))
        if verified.result is not Reason.OK:
            raise SystemExit(1)


def _instant(text: str | None) -> datetime:
    if text is None:
        return timezone.now()
    found = parse_datetime(text)
    if found is None:
        raise ValueError(f"--at: {text!r} is no instant of ISO 8601")
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _colour_now(status: Any) -> dict[str, Any]:
    return {"mode": "online", "colour_now": status.colour.value if status else None}


def _offline(token: str, at: datetime, path: Path, root: Path | None) -> tuple[Verified, dict[str, Any]]:
    keys, is_checked = _keys(path, root, at)
    # No status list is given here: the list's bit is for the gate, which has fetched it.
    verified = verify_token(token, keys=keys, at=at, online=False, kinds=frozenset(Kind), revoked=lambda _k, _i: False)
    more = {"mode": "offline", "keys_checked": is_checked, "revocation_checked": False}
    return verified, more


def _keys(path: Path, root: Path | None, at: datetime) -> tuple[KeySet, bool]:
    """Return the keys of a file and whether the root vouches for them; raise ``ValueError``."""
    text = path.read_text(encoding="utf-8")
    found = json.loads(text)
    if isinstance(found, dict) and "signature" in found:
        public = key_of_jwk(json.loads(root.read_text(encoding="utf-8"))) if root else None
        # Its age is judged with the code's: an old key set is a result (cannot_check), a forged one is an error.
        as_of = keys_of_payload(Jws.flattened(text).unchecked()).as_of
        payload = read_document(text, typ=KEYS_TYPE, root=public, at=as_of or at)
        return keys_of_payload(payload), root is not None
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise BadDocument("neither a published key set nor a JWKS")
    if root is not None:
        raise BadDocument("a bare JWKS is signed by nobody: --root cannot be checked")
    return KeySet(map(_key, found["keys"]), as_of=at), False


def _key(found: Any) -> VerifyingKey:
    if not isinstance(found, dict):
        raise MalformedKey("not a JWK")
    return key_from_jwk(found)


def _said(verified: Verified, at: datetime) -> dict[str, Any]:
    said: dict[str, Any] = {"result": verified.result.value, "at": print_instant(at)}
    if verified.claims is not None:
        claims, statement = verified.claims, verified.claims.statement
        said |= {
            "kind": statement.kind.name.lower(),
            "colour_in_code": statement.colour.name.lower(),
            "region": statement.region,
            "status_index": statement.status_index,
            "issued_at": print_instant(datetime.fromtimestamp(claims.iat, UTC)),
            "expires_at": print_instant(datetime.fromtimestamp(claims.exp, UTC)),
            "age_seconds": verified.age_seconds,
            "document_check": verified.asks_document,
        }
    if verified.key is not None:
        said |= {"issuer": verified.key.issuer, "kid": verified.key.kid.hex(), "key_state": verified.key.state.value}
    return said
