"""probe"""
import pytest
from healthcode.models import AuditEntry
from healthcode.services.audit import record_act

@pytest.mark.django_db(transaction=True)
def test_probe(province, at):
    record_act(by=None, at=at, action="x")
    assert AuditEntry.objects.count()

@pytest.mark.django_db(transaction=True)
def test_probe2(province, at):
    record_act(by=None, at=at, action="x")
    assert AuditEntry.objects.filter(action="x").count() == 1
