"""``load_evidence``: a department's CSV file; good rows are recorded, refused rows go to a side file (N3.2)."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext, override

from healthcode.domain.cases import Malformed
from healthcode.management.progress import counting
from healthcode.management.tables import CsvFile, SideFile, opened
from healthcode.models import Source
from healthcode.services.imports import ImportReport, Line, RefusedRow, Table, load_evidence
from healthcode.words.countries import country_choices, nationality_choices
from healthcode.words.rows import row_sentence

_TOLD_EVERY = 500


class Command(BaseCommand):
    """Load a file of evidence. The same file again changes nothing; the exit status is 1 if a row was refused."""

    help = "Load a department's CSV file of evidence; rows that are refused go to FILE.errors.csv."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the source and the path of the side file."""
        parser.add_argument("file", type=Path, metavar="FILE.csv", help="columns in Chinese or English")
        parser.add_argument("--source", required=True, metavar="CODE", help="code of the source that sent it")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="where refused rows go")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print the counts; raise ``CommandError`` for an unknown source or a file that cannot be read."""
        path: Path = options["file"]
        source = Source.objects.filter(code=options["source"]).first()
        if source is None:
            codes = ", ".join(Source.objects.order_by("code").values_list("code", flat=True))
            raise CommandError(f"no source has the code {options['source']!r}; known: {codes or 'none, run set_up'}")
        errors: Path = options["errors"] or path.with_name(f"{path.name}.errors.csv")
        if errors.absolute() == path.absolute():
            raise CommandError("--errors names the file itself")
        try:
            with opened(path) as file:
                report = self._load(path, file, source, errors)
        except Malformed as error:
            raise CommandError(f"{path}: {error}") from error
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}") from error
        self.stdout.write(
            f"{path.name}: {report.new} new, {report.duplicate} duplicate, {report.refused} refused, "
            f"{report.recoloured} recoloured" + (f", {report.held} held by an alarm" if report.held else "")
        )
        if report.refused:
            self.stdout.write(f"refused rows: {errors}")
            sys.exit(1)

    def _load(self, path: Path, file: CsvFile, source: Source, errors: Path) -> ImportReport:
        if file.header.ignored:
            self.stdout.write(f"columns left aside: {', '.join(file.header.ignored)}")
        heads = [gettext("Line"), gettext("Column"), gettext("What is wrong")]
        size = path.stat().st_size
        with closing(SideFile(errors, heads, file.header.names)) as side, counting(path.name) as progress:

            def lines() -> Iterator[Line]:
                for place, line in enumerate(file.lines()):
                    # Telling the bar of every line would take longer than reading it.
                    if place % _TOLD_EVERY == 0:
                        progress(file.done, size)
                    yield line
                progress(size, size)

            def refuse(row: RefusedRow) -> None:
                column = file.header.column(row.field)
                side.write([str(row.line.number), column, row_sentence(row.code, row.what), *row.line.cells])

            table = Table(path.name, file.header, lines(), _countries())
            return load_evidence(by=None, source=source, table=table, at=timezone.now(), refuse=refuse)


def _countries() -> dict[str, str]:
    """Return the codes of countries by their names in Chinese and English, and by the code itself."""
    found: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with override(language):
            for code, name in [*country_choices(), *nationality_choices()]:
                found |= {name: code, code: code}
    return found
