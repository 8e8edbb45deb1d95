"""A parameter of the rules lives in the rule set and nowhere else (N3.1)."""

import ast

import pytest

from healthcode.domain.rulesets import BASELINE, shipped_data
from tests.project_kit import called_name, files, name_of, parsed

# What else lasts as many days, and why it is none of the rules'.
OTHERS = {
    "family/services/consents.py": "how long an asking for consent is kept",
    "healthcode/services/status_lists.py": "how long slices of a status list can be fetched",
    "healthcode/domain/governance.py": "the week that a simulation looks back",
    "healthcode/services/systems.py": "how long an old key of a department's system still counts",
}


def day_constants(tree: ast.AST) -> set[int]:
    """Return the whole days that ``timedelta(days=…)`` and ``… * DAY`` are called with in a module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) == "timedelta":
            values = [word.value for word in node.keywords if word.arg == "days"] + node.args[:1]
            found |= {value.value for value in values if isinstance(value, ast.Constant)}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            sides = (node.left, node.right)
            if any(getattr(side, "id", "").strip("_") == "DAY" for side in sides):
                found |= {side.value for side in sides if isinstance(side, ast.Constant)}
    return {number for number in found if isinstance(number, int)}


def test_no_module_has_days_of_the_rules_of_its_own() -> None:
    days: object = shipped_data(BASELINE)["days"]
    assert isinstance(days, dict)
    rules = {*days.values(), days["entry_central"] + days["entry_home"]}
    modules = [path for path in files(".py", "healthcode", "venues", "family") if not _elsewhere(name_of(path))]
    found = {name_of(path) for path in modules if day_constants(parsed(path)) & rules}
    assert found == set(OTHERS)


def _elsewhere(name: str) -> bool:
    # The demonstration tells when things happened; lives of codes are those of codes.md.
    return name.startswith(("healthcode/config/demo/", "healthcode/domain/tokens/")) or "/migrations/" in name


@pytest.mark.parametrize("source", ["timedelta(days=14)", "timedelta(14)", "14 * DAY", "_DAY * 14"])
def test_a_day_constant_would_be_found(source: str) -> None:
    assert day_constants(ast.parse(source)) == {14}
