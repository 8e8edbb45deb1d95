"""The diagrams in the README are those of the tables in the code."""

import pytest

from healthcode.domain import governance
from tests.project_kit import ROOT

DIAGRAMS = {"rule set": governance.state_diagram()}


@pytest.mark.parametrize("diagram", DIAGRAMS.values(), ids=DIAGRAMS.keys())
def test_a_state_diagram_in_the_readme_is_that_of_the_table(diagram: str) -> None:
    assert f"```mermaid\n{diagram}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")
