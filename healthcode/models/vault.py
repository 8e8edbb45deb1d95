"""The process's vault, with the keys of the settings."""

from functools import cache

from django.conf import settings

from healthcode.domain.vault import Vault, key_from_text


@cache
def vault() -> Vault:
    """Return the vault of this installation. ``DATA_KEY`` may name several keys, newest first."""
    keys = tuple(key_from_text(text) for text in settings.DATA_KEY.split(","))
    return Vault.of(keys, key_from_text(settings.INDEX_KEY))
