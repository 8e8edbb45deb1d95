"""State diagrams: drawn from the tables, and the README shows what is drawn."""

from pathlib import Path

from healthcode.domain.charts import state_chart
from healthcode.domain.isolation import MOVES, CaseState

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
ISOLATION = state_chart(MOVES, CaseState.PROPOSED, "red ground")


def test_a_chart_has_every_move_and_every_end() -> None:
    assert ISOLATION.splitlines() == [
        "stateDiagram-v2",
        "    [*] --> proposed: red ground",
        "    proposed --> confirmed: confirm",
        "    proposed --> cancelled: cancel",
        "    proposed --> ended: end",
        "    confirmed --> confirmed: change_end, record_paper, record_visit",
        "    confirmed --> ended: release, end",
        "    confirmed --> cancelled: cancel",
        "    cancelled --> [*]",
        "    ended --> [*]",
    ]


def test_the_readme_draws_the_states_of_isolation() -> None:
    assert f"```mermaid\n{ISOLATION}\n```" in README
