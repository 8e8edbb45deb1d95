"""The verbs: one function each, keyword-only, ``by`` and ``at`` given, one transaction. Split by subject.

Lock → access → domain → write → audit → outbox. Import the function from its subject's module.
"""
