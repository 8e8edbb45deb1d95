"""Periodic work: thin doors to services, each also a command of the same name."""

from celery import shared_task
from django.utils import timezone

from healthcode.services.conversions import BATCH
from healthcode.services.conversions import convert_due as convert_due_now
from healthcode.services.governance import enact_rules as enact_rules_now
from healthcode.services.isolation import propose_isolation as propose_isolation_now
from healthcode.services.isolation import remind_isolation as remind_isolation_now
from healthcode.services.keys import rotate_code_keys as rotate_code_keys_now
from healthcode.services.orders import carry_out_orders as carry_out_orders_now
from healthcode.services.outbox import deliver_outbox as deliver_outbox_now
from healthcode.services.paper import replace_paper_codes as replace_paper_codes_now
from healthcode.services.recolouring import run_recolouring
from healthcode.services.retention import destroy_expired as destroy_expired_now
from healthcode.services.simulations import run_simulation
from healthcode.services.systems import destroy_deliveries as destroy_deliveries_now
from healthcode.services.uploads import destroy_uploads as destroy_uploads_now
from healthcode.services.withdrawals import run_withdrawals


@shared_task
def carry_out_orders() -> int:
    """Carry out the approved control orders whose delay is over (N1.1, N1.2). Every minute."""
    return carry_out_orders_now(at=timezone.now())


@shared_task
def convert_due(batch: int = BATCH) -> int:
    """Convert the codes whose period has ended (N2.3). Every minute; ``batch`` people a transaction."""
    return convert_due_now(at=timezone.now(), batch=batch)


@shared_task
def deliver_outbox() -> int:
    """Send waiting messages. Every 10 seconds."""
    return deliver_outbox_now(at=timezone.now())


@shared_task
def destroy_expired() -> dict[str, int]:
    """Destroy what is past its retention (N4.3). Every hour."""
    return destroy_expired_now(by=None, at=timezone.now())


@shared_task
def propose_isolation() -> int:
    """Follow the red grounds with cases of isolation (N2.1, N2.3). Every minute."""
    return propose_isolation_now(at=timezone.now())


@shared_task
def remind_isolation() -> int:
    """Tell people a day before that their isolation ends. Every ten minutes."""
    return remind_isolation_now(at=timezone.now())


@shared_task
def recolour() -> int:
    """Carry changes of areas and rules to the people they touch; return how many were finished. Every 30 seconds."""
    finished = 0
    while run_recolouring(at=timezone.now()) is not None:
        finished += 1
    return finished


@shared_task
def withdraw_batches() -> int:
    """Carry on the withdrawals of batches (N3.8); return how many were finished. Every 10 seconds."""
    return run_withdrawals(at=timezone.now())


@shared_task
def destroy_deliveries() -> int:
    """Destroy what is noted of deliveries after 90 days (N4.3). Every day."""
    return destroy_deliveries_now(by=None, at=timezone.now())


@shared_task
def destroy_uploads() -> int:
    """Destroy uploaded files that nobody confirmed in an hour (N4.3). Every ten minutes."""
    return destroy_uploads_now(by=None, at=timezone.now())


@shared_task
def enact_rules() -> bool:
    """Write down that scheduled rules have come into force (N3.1); tell whether any have. Every 5 seconds."""
    return enact_rules_now(at=timezone.now()) is not None


@shared_task
def simulate_rules() -> int:
    """Carry out the simulations that were asked for; return how many were finished. Every 10 seconds."""
    finished = 0
    while run_simulation(at=timezone.now()) is not None:
        finished += 1
    return finished


@shared_task
def replace_paper_codes() -> int:
    """Take back printed codes whose colour has turned and tell their people; return how many. Every 5 minutes."""
    return replace_paper_codes_now(at=timezone.now())


@shared_task
def rotate_code_keys() -> int:
    """Take the steps that are due in the key rings; return how many keys were made or began to sign. Every 10 min."""
    return len(rotate_code_keys_now(by=None, at=timezone.now()))
