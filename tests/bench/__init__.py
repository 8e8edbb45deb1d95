"""Measurements for `./run bench`: each work beside its yardstick, in one run, interleaved.

Owns the work (`bench_*.py`), the yardsticks (`yardsticks.py`) and the stop-watch (`timing.py`). May import
the apps and `tests`; nothing imports it but the bench command. No test asserts a time.
"""
