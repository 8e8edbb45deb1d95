"""``load_areas``: published risk-area snapshots, oldest first, and the recolouring that follows (N1.2)."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from healthcode.domain.cases import Malformed
from healthcode.domain.instants import to_china
from healthcode.domain.snapshots import Snapshot, read_snapshot
from healthcode.management.progress import counting
from healthcode.services.areas import SnapshotReport, apply_snapshot
from healthcode.services.errors import Refused
from healthcode.services.recolouring import run_recolouring


class Command(BaseCommand):
    """Apply snapshots in the order given. A file that is not of the form stops all before anything is changed."""

    help = "Load published risk-area snapshots, say what changed, and recolour the people concerned."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="snapshots as published, JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and report; raise ``CommandError`` for a bad file or a refused snapshot."""
        snapshots = [(path, _read(path)) for path in options["files"]]
        for path, snapshot in snapshots:
            try:
                report = apply_snapshot(by=None, snapshot=snapshot, file_name=path.name, at=timezone.now())
            except Refused as error:
                raise CommandError(f"{path}: refused, {error}") from error
            self._tell(report)
            if report.recolouring is not None:
                self._recolour(report.recolouring.pk)
        # What a killed run left behind.
        while run_recolouring(at=timezone.now()) is not None:
            continue

    def _tell(self, report: SnapshotReport) -> None:
        head = f"{report.file_name}  {to_china(report.taken_at):%Y-%m-%d %H:%M}"
        if report.already:
            self.stdout.write(f"{head}  loaded before, a newer one is in force: nothing changed")
            return
        counts = ", ".join(f"{count} {kind}" for kind, count in report.changes.items() if count) or "no change"
        self.stdout.write(f"{head}  {counts}, {report.unchanged} unchanged, {len(report.unmapped)} not mapped")
        for warning in report.warnings:
            self.stdout.write(f"  warning: {warning}")
        for place in report.unmapped:
            levels = "+".join(place.levels)
            self.stdout.write(f"  not mapped: {place.path} ({levels}, {place.communities} communities)")

    def _recolour(self, recolouring_id: int) -> None:
        with counting("Recolouring") as progress:
            done = run_recolouring(recolouring_id=recolouring_id, at=timezone.now(), progress=progress)
        if done is not None:
            self.stdout.write(f"  recoloured: {done.touched} people looked at, {done.changed} decisions changed")


def _read(path: Path) -> Snapshot:
    try:
        return read_snapshot(json.loads(path.read_text(encoding="utf-8-sig")))
    except Malformed as error:
        raise CommandError(f"{path}: {error}") from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path}: no JSON: {error}") from error
