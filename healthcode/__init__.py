"""Persons, evidence, rules, colour, tokens, audit: who holds a code, on what evidence, what colour now.

Owns the records of the province's health code and the pure rules over them (``healthcode.domain``).
May import nothing of this project outside itself; every other app may import it, through ``services``,
``access``, ``models`` and ``domain`` only. Its door is ``healthcode.services``: one verb, one function.
``healthcode.config`` is the composition root of the whole project and is imported by nobody.
"""
