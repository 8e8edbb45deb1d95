"""The works of `./run bench`, what they have to reach, and the table and JSON that are printed."""

import json
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.bench.bench_decide import bench_decide
from tests.bench.bench_import import bench_import
from tests.bench.bench_recolour import bench_recolour
from tests.bench.bench_tokens import bench_draw, bench_issue, bench_verify

Measure = Callable[[bool], tuple[float, float | None]]


class Work(NamedTuple):
    """One work: how it is measured (given whether to be quick), and the target of its ratio or rate."""

    name: str
    measure: Measure
    unit: str
    yardstick: str
    target: float


class Figure(NamedTuple):
    """What was measured: a second of ours, of the yardstick, and whether the target is met."""

    work: Work
    ours: float
    yardstick: float | None

    @property
    def ratio(self) -> float:
        """Return ours over the yardstick, or ours where there is none."""
        return self.ours / self.yardstick if self.yardstick else self.ours

    @property
    def met(self) -> bool:
        """Tell whether the target is met."""
        return self.ratio >= self.work.target


WORKS: tuple[Work, ...] = (
    Work("decide", bench_decide, "decisions/s", "–", 20_000),
    Work("issue", lambda quick: bench_issue(), "codes/s", "bare ES256 signature", 0.65),
    Work("verify", lambda quick: bench_verify(), "codes/s", "bare ES256 check", 0.77),
    Work("draw", lambda quick: bench_draw(), "SVG/s", "qrcode with its defaults", 8),
    Work("recolour", bench_recolour, "people/s", "the same rows by raw SQL", 0.4),
    Work("import", bench_import, "rows/s", "COPY and one INSERT … SELECT", 0.35),
)


def measure(names: Iterable[str], *, quick: bool) -> list[Figure]:
    """Measure the named works, all when none is named; raise `KeyError` for an unknown one."""
    known = {work.name: work for work in WORKS}
    chosen = [known[name] for name in names] or list(WORKS)
    return [Figure(work, *work.measure(quick)) for work in chosen]


def print_json(figures: Iterable[Figure], write: Callable[[str], object]) -> None:
    """Write the figures as one JSON array."""
    rows = [
        {
            "work": f.work.name,
            "ours": round(f.ours, 1),
            "unit": f.work.unit,
            "yardstick": round(f.yardstick, 1) if f.yardstick else None,
            "ratio": round(f.ratio, 3),
            "target": f.work.target,
            "met": f.met,
        }
        for f in figures
    ]
    write(json.dumps(rows, ensure_ascii=False, indent=1))


def print_table(figures: Iterable[Figure]) -> None:
    """Print the figures as a table."""
    table = Table("work", "ours", "yardstick", "", "ratio", "target", "")
    for f in figures:
        beside = f"{f.yardstick:,.0f}/s {f.work.yardstick}" if f.yardstick else "–"
        ratio = f"{f.ratio:.3f}" if f.yardstick else "–"
        target = f"≥ {f.work.target:,g}"
        table.add_row(
            f.work.name, f"{f.ours:,.0f} {f.work.unit}", beside, "", ratio, target, "met" if f.met else "NOT MET"
        )
    Console(width=120).print(table)
