"""Machines' way in at gates: a device verifies a code, a gate without a network sends what it let in (N2.4, N1.5).

Outside the session: a device is known by its key alone. Only the queue of a guard's phone may come with a session.
"""

from venues.api.passages import PassagesView
from venues.api.policy import health_code_policy
from venues.api.verify import VerifyView

__all__ = ["PassagesView", "VerifyView", "health_code_policy"]
