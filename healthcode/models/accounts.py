"""Accounts: who signs in. Citizens by phone, staff by name and password."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin, UserManager
from django.db import models
from django.db.models import Q

from healthcode.models.fields import DIVISION_LENGTH
from healthcode.models.vault import vault


class AccountManager(UserManager["Account"]):
    """Create accounts without the e-mail address that Django's manager expects."""

    def create_superuser(  # type: ignore[override]  # there is no e-mail column to take
        self, username: str, password: str | None = None, **fields: object
    ) -> "Account":
        """Create an operator with every permission (demo and first set-up)."""
        account = Account(username=username, is_staff=True, is_superuser=True, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser, PermissionsMixin):
    """One who signs in.

    A citizen's ``username`` is random; the phone is sealed and found by its blind index. ``division`` is the
    jurisdiction of staff (GB/T 2260 code), empty for citizens.
    Retention: with the person's data; accounts never verified go after a day.
    """

    username = models.CharField(max_length=64, unique=True)
    phone_sealed = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True, unique=True, max_length=32)
    phone_verified_at = models.DateTimeField(null=True)
    display_name = models.CharField(max_length=64, blank=True)
    division = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    opened_at = models.DateTimeField(null=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(phone_sealed__isnull=True, phone_index__isnull=True)
                | Q(phone_sealed__isnull=False, phone_index__isnull=False),
                name="account_phone_and_index",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def phone(self) -> str:
        """Return the phone in E.164, or nothing."""
        return "" if self.phone_sealed is None else vault().open(self.phone_sealed, "account.phone")

    def get_full_name(self) -> str:
        """Return the name shown to other staff."""
        return self.display_name or self.username

    def get_short_name(self) -> str:
        """Return the name shown to the account itself."""
        return self.display_name or self.username
