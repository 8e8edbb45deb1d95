"""The demonstration: 2,000 people of Zhejiang with stories for every rule, staff, venues, area lists.

Stands in the composition root because it uses every app; no app imports it. Everything is made through the
services, as users would make it. Its door is the command ``seed_demo``.
"""
