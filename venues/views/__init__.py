"""Pages of the gates: with the server (``pages``), and what a phone keeps to verify without it (``offline``)."""

from venues.views.offline import manifest, offline, session, worker
from venues.views.pages import gate, no_phone, scan, sign_in, verdict

__all__ = ["gate", "manifest", "no_phone", "offline", "scan", "session", "sign_in", "verdict", "worker"]
