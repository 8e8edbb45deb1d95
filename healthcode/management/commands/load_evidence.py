"""``load_evidence``: a department's CSV or XLSX file; good rows are recorded, refused rows go to a side file (N3.2)."""

import gc
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext

from healthcode.domain.cases import Malformed
from healthcode.gateways.tables import TableFile, opened
from healthcode.management.progress import counting
from healthcode.management.tables import SideFile
from healthcode.models import Source
from healthcode.services.imports import ImportReport, Line, RefusedRow, Table, load_evidence
from healthcode.words.countries import codes_by_name
from healthcode.words.rows import row_sentence

_TOLD_EVERY = 500


@contextmanager
def _settled_objects() -> Iterator[None]:
    """Keep the collector of garbage off what was loaded before: for each chunk it would look at all of it again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class Command(BaseCommand):
    """Load a file of evidence. The same file again changes nothing; the status is 1 if a row was refused or frozen."""

    help = "Load a department's CSV or XLSX file of evidence; rows that are refused go to FILE.errors.csv."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the source and the path of the side file."""
        parser.add_argument("file", type=Path, metavar="FILE", help="columns in Chinese or English")
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
        if report.held:
            self.stdout.write("held rows count when two supervisors have released them: see Alarms in the back office")
        if report.refused:
            self.stdout.write(f"refused rows: {errors}")
        if report.refused or report.held:
            sys.exit(1)

    def _load(self, path: Path, file: TableFile, source: Source, errors: Path) -> ImportReport:
        if file.header.ignored:
            self.stdout.write(f"columns left aside: {', '.join(file.header.ignored)}")
        heads = [gettext("Line"), gettext("Column"), gettext("What is wrong")]
        size = path.stat().st_size
        side_file = SideFile(errors, heads, file.header.names)
        with closing(side_file) as side, counting(path.name) as progress, _settled_objects():

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

            table = Table(path.name, file.header, lines(), codes_by_name())
            return load_evidence(by=None, source=source, table=table, at=timezone.now(), refuse=refuse)
