"""The environment every process of the demo shares, set before Django's settings are read.

========================  ======================================================================================
``DATABASE_URL``          ``postgresql://role:password@/database?host=/folder/of/the/socket``, a URL that
                          ``psycopg.conninfo`` reads as it is; one that is set already is used, and no server starts
``REDIS_URL``             ``redis://:password@127.0.0.1:port/0``; likewise
``HC_DEMO``               ``1`` unless it is set already
``HC_SECRET_DIR``         folder with one file per secret, made once for the demo; in production it must be given
``HC_OFFLINE``            ``1`` for the commands that need neither servers nor secrets
``HC_DATA_DIR``           where the servers and the demo's secrets are kept (``.data`` in the checkout)
``HC_HOST, HC_PORT``      where ``./run`` serves the pages (127.0.0.1, 8000)
========================  ======================================================================================
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from healthcode.config.local.folders import Folders, write_once


def random_key() -> str:
    """Return 32 random bytes in base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


def random_root() -> str:
    """Return a P-256 private key in PEM: the root of a demonstration, which in production is kept offline."""
    private = ec.generate_private_key(ec.SECP256R1())
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


SECRETS: dict[str, Callable[[], str]] = {
    "django_secret_key": lambda: secrets.token_urlsafe(48),  # 64 characters
    "data_key": random_key,
    "index_key": random_key,
    "reference_key": random_key,
    "root_key": random_root,
}


def secret_in(folder: Path, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
    """Return the secret ``name`` of ``folder``, made with ``make`` when it is missing."""
    path = folder / name
    if not path.exists():
        write_once(path, make())
    return path.read_text(encoding="ascii")


def make_secrets(folder: Path) -> None:
    """Fill ``folder`` with the demo's secrets; those it has are kept, for they open what is stored."""
    for name, make in SECRETS.items():
        secret_in(folder, name, make)


def prepare(folders: Folders) -> None:
    """Set what this process and all its children need besides the servers' addresses."""
    if os.environ.setdefault("HC_DEMO", "1") == "1" and not os.environ.get("HC_SECRET_DIR"):
        make_secrets(folders.secrets)
        os.environ["HC_SECRET_DIR"] = str(folders.secrets)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthcode.config.settings")
