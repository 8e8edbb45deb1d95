"""The cycle collector and work on very many rows at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_resting() -> Iterator[None]:
    """Let the cycle collector rest within the block, or the function it decorates.

    A batch makes a hundred thousand objects and no cycle, and lets go of them when it ends; walking all of them, and
    all of Django, again and again meanwhile costs as much as deciding. For workers and commands: it is the whole
    process that rests.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
