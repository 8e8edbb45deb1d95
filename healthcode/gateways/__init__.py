"""Implementations of the Protocols in ``healthcode.domain.ports``, chosen in the settings by dotted name."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from healthcode.domain.ports import IdentityAuthority, Representation, SmsGateway
from healthcode.domain.tokens import KeyCustody


@cache
def sms() -> SmsGateway:
    """Return the installation's SMS gateway."""
    gateway: SmsGateway = import_string(settings.SMS_GATEWAY)()
    return gateway


@cache
def identity_authority() -> IdentityAuthority:
    """Return the installation's identity authority."""
    gateway: IdentityAuthority = import_string(settings.IDENTITY_AUTHORITY)()
    return gateway


@cache
def representation() -> Representation:
    """Return what knows who may act for whom."""
    gateway: Representation = import_string(settings.REPRESENTATION)()
    return gateway


@cache
def key_custody() -> KeyCustody:
    """Return where the installation keeps its private keys."""
    custody: KeyCustody = import_string(settings.KEY_CUSTODY)()
    return custody
