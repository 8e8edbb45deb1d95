"""Composition root: settings, URLs, Celery, WSGI and the local servers of the demo.

Imports everything, is imported by nobody. The Celery app is loaded here so that ``celery -A healthcode.config``
and every Django process share it.
"""

from healthcode.config.celery import app as celery_app

__all__ = ["celery_app"]
