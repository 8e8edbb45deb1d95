"""The servers that ``./run`` and the tests bring along: PostgreSQL, Valkey, web, worker and beat on one machine.

Owns the folder ``.data`` of a checkout, the life of every process started for it, and the environment they
share. Production uses none of it: set ``DATABASE_URL`` and ``REDIS_URL`` and nothing is started here.
May import the standard library, rich, ``healthcode.config`` and ``django.core.management`` only, no app.
Doors: ``supervisor`` (``./run``), ``command`` (``./run <command>``), ``checks`` (``./run test``) and, for the
tests, ``servers.started``. Reading order: guard, processes, folders, postgres, valkey, servers.
"""
