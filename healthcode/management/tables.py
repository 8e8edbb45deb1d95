"""The side file of a load: the rows that were refused, with what is wrong with each."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class SideFile:
    """The file of refused rows beside the one loaded; made when there is one, readable by its owner only."""

    def __init__(self, path: Path, heads: Sequence[str], names: Sequence[str]) -> None:
        """Take the path, the heads of the columns that say what is wrong, and the columns of the file itself."""
        self.path = path
        self._first = [*heads, *names]
        self._file: TextIO | None = None
        # A list of an earlier run would be taken for this one's.
        path.unlink(missing_ok=True)

    def write(self, cells: Sequence[str]) -> None:
        """Add a row; cells that a spreadsheet would run are made plain text."""
        if self._file is None:
            self.path.touch(mode=0o600)
            # With its mark: Excel takes Chinese for something else without it.
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow([_harmless(cell) for cell in self._first])
        csv.writer(self._file).writerow([_harmless(cell) for cell in cells])

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
