"""probe"""
import pytest
from django.core.cache import cache
from healthcode.models import AuditEntry, Person
from tests.people import *

def test_cast(citizen, mother, son, outsider, officer, other_officer, reviewer, auditor, operator, gate_guard, newcomer, at):
    assert Person.objects.count() == 4
    cache.set("x", 1)
    assert cache.get("x") == 1
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    assert status(person_of(citizen), at).colour == "red"

def test_two(province):
    assert cache.get("x") is None
