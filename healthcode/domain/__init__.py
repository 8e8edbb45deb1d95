"""Pure rules of the health code: no Django, no database, no clock.

Owns what the notice means: colours, evidence, grounds, ``decide()``, identity documents, masking, signed tokens,
and the Protocols of the outside world. Everything takes values and an instant and returns values.
Imports the standard library and small pure libraries only. Every other part of the project stands on it.
"""
