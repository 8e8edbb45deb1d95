"""Venues, gates, devices and cards: where a code is verified and what a colour may do there (N2.4, N2.7, N3.3).

Stands on ``family`` and ``healthcode``; never sees ``appeals``, and nobody below sees it.
Its door is ``venues.services``.
"""
