"""The stop-watch: several works in turn, so that a busy machine slows all of them alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median

ROUNDS = 41
SECONDS = 0.04


def rates(
    works: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, seconds: float = SECONDS
) -> dict[str, float]:
    """Give the operations a second of each work: the median of `rounds` (5 at least), interleaved.

    Each work runs for about `seconds` a round; how often is found in a first round, not counted.
    """
    if rounds < 5:
        raise ValueError("a median of fewer than 5 rounds says little")
    repeats = {name: _repeats(work, seconds) for name, work in works.items()}
    measured: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            measured[name].append(repeats[name] / _elapsed(work, repeats[name]))
    return {name: median(found) for name, found in measured.items()}


def _repeats(work: Callable[[], object], seconds: float) -> int:
    work()
    repeats = 1
    while (elapsed := _elapsed(work, repeats)) < seconds / 10:
        repeats *= 4
    return max(1, round(repeats * seconds / elapsed))


def _elapsed(work: Callable[[], object], repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        work()
    return time.perf_counter() - started
