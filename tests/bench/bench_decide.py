"""`decide()` over the examples of the rules and 10,000 random cases, one core."""

import time
from statistics import median

from healthcode.domain.cases import Case, read_case
from healthcode.domain.decide import decide
from healthcode.domain.rulesets import RuleSet, shipped_ruleset
from tests.healthcode.case_strategies import random_cases
from tests.healthcode.truth_table import ROWS

RANDOM_CASES = 10_000
ROUNDS = 5


def bench_decide(quick: bool = False) -> tuple[float, None]:
    """Give (decisions a second, no yardstick): the median of 5 runs over all cases, the reading of JSON apart."""
    cases = [read_case(row.case) for row in ROWS]
    cases += [read_case(data) for data in random_cases(RANDOM_CASES // (10 if quick else 1), seed=109)]
    rules = shipped_ruleset()
    return median(len(cases) / _elapsed(cases, rules) for _round in range(ROUNDS)), None


def _elapsed(cases: list[Case], rules: RuleSet) -> float:
    started = time.perf_counter()
    for case in cases:
        decide(case.evidence, case.areas, rules, case.at)
    return time.perf_counter() - started
