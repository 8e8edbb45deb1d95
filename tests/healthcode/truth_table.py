"""The truth table of the colour rules: every row of the rules table, its edges and its exits.

Each `Row` holds a case of the `decide` command and the fields a decision must show; the expected values were worked
out by hand from the text, none by a program. `mismatches(row.expected, decision)` says what differs.
"""

from tests.healthcode import truth_red, truth_yellow
from tests.healthcode.truth_kit import Row, mismatches

__all__ = ["ROWS", "Row", "mismatches"]

ROWS: list[Row] = [*truth_red.ROWS, *truth_yellow.ROWS]
