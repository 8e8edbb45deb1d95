"""The citizen portal's pages, split by subject: load through access, form, one service, redirect."""

from healthcode.views.errors import csrf_failure

__all__ = ["csrf_failure"]
