"""Who may act for whom: family members, companions, staff look-up, people without a phone (N3.5, N3.6).

Stands on ``healthcode`` and is used by ``appeals`` and ``venues``; ``healthcode`` does not know it exists.
Its door is ``family.services``. This package holds its place in the import contracts until then.
"""
