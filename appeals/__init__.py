"""Appeals through 12345 and the knowledge base (N3.8).

Stands on ``family`` and ``healthcode``; never sees ``venues``, and nobody below sees it.
Its door is ``appeals.services``. This package holds its place in the import contracts until then.
"""
