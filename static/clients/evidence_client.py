"""Example client: send evidence to the province's health code. Python 3.11 and the package ``cryptography``.

    python evidence_client.py keygen key.pem
    python evidence_client.py push https://host/api/v1/evidence/ --key-id ID --key key.pem rows.json

``keygen`` writes the private half into a file for its owner alone and prints the public half, which the provincial
office registers; it answers with the key's id. ``rows.json`` is a list of rows, or ``{"rows": [...]}``. Rows go out by
the thousand. Without an answer the same rows are sent again: what is on record already is told as a duplicate.
The exit status is 1 if a row was refused.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ROWS_AT_ONCE = 1_000
TRIES = 5
COVERED = ("@method", "@authority", "@path", "content-digest")
TAG = "healthcode-evidence"


class Failed(Exception):
    """The server refused a request as a whole, or could not be reached."""


class Client:
    """Sends rows to one address, signed with one key."""

    def __init__(
        self, url: str, key_id: str, key: Ed25519PrivateKey, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.url, self.key_id, self.key, self.wait = urlsplit(url), key_id, key, wait

    def push(self, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Send the rows; yield the answer to each in its order. Raise ``Failed``."""
        for start in range(0, len(rows), ROWS_AT_ONCE):
            yield from self._send(rows[start : start + ROWS_AT_ONCE])["results"]

    def _send(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        body = json.dumps({"rows": rows}, ensure_ascii=False).encode()
        for attempt in range(TRIES):
            try:
                status, headers, answer = self._request(body)
            except OSError as error:
                status, headers, answer = 0, {}, {"detail": str(error)}
            if status == 200:
                return answer
            if status not in (0, 409, 429, 500, 502, 503, 504):
                break
            self.wait(float(headers.get("Retry-After", 2**attempt)))
        raise Failed(f"{status} {answer.get('code', '')}: {answer.get('detail', '')}")

    def _request(self, body: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
        secure = self.url.scheme == "https"
        opened = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(self.url.netloc, timeout=60)
        try:
            opened.request("POST", self.url.path, body, self.headers(body))
            response = opened.getresponse()
            text = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return response.status, dict(response.headers), json.loads(text) if is_json else {}
        finally:
            opened.close()

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers of a request: the digest of the body, and the signature over what identifies it."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        # A new nonce each time: the server takes none twice.
        created, nonce = int(time.time()), secrets.token_urlsafe(24)  # noqa: TID251  # the department's own clock
        names = " ".join(f'"{name}"' for name in COVERED)
        parameters = f'({names});created={created};keyid="{self.key_id}";nonce="{nonce}";alg="ed25519";tag="{TAG}"'
        values = ("POST", self._authority(), self.url.path, digest)
        lines = [f'"{name}": {value}' for name, value in zip(COVERED, values, strict=True)]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = base64.b64encode(self.key.sign(base.encode())).decode()
        return {
            "Content-Type": "application/json",
            "Content-Digest": digest,
            "Signature-Input": f"evidence={parameters}",
            "Signature": f"evidence=:{signature}:",
        }

    def _authority(self) -> str:
        usual = {"http": 80, "https": 443}[self.url.scheme]
        host = str(self.url.hostname)
        return host if self.url.port in (None, usual) else f"{host}:{self.url.port}"


def make_key(path: Path) -> str:
    """Make a pair of keys, write the private half to ``path`` and return the public half as PEM."""
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key in a file."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise Failed(f"{path} holds no Ed25519 key")
    return key


def main() -> int:
    """Do what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__), formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("keygen").add_argument("key", type=Path)
    push = commands.add_parser("push")
    push.add_argument("url")
    push.add_argument("rows", type=Path)
    push.add_argument("--key-id", required=True)
    push.add_argument("--key", type=Path, required=True)
    asked = parser.parse_args()
    if asked.command == "keygen":
        sys.stdout.write(make_key(asked.key))
        return 0
    data = json.loads(asked.rows.read_text(encoding="utf-8"))
    rows = data["rows"] if isinstance(data, dict) else data
    refused = 0
    try:
        for answer in Client(asked.url, asked.key_id, read_key(asked.key)).push(rows):
            refused += answer["status"] == "refused"
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
