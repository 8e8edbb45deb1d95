"""The fuzzer, for as long as a test may take; ``HC_FUZZ_SECONDS`` lets it run longer."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.healthcode.token_kit import STATEMENTS, token
from tests.project_kit import ROOT

SECONDS = int(os.environ.get("HC_FUZZ_SECONDS", "30"))
_HAS_ATHERIS = importlib.util.find_spec("atheris") is not None


@pytest.mark.skipif(not _HAS_ATHERIS, reason="atheris has no wheel for this machine (Linux x86-64 only)")
def test_no_input_breaks_a_reader(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for number, statement in enumerate(STATEMENTS):
        (seeds / f"{number}").write_text(token(statement), encoding="ascii")
    options = [f"-max_total_time={SECONDS}", "-max_len=600", f"-artifact_prefix={tmp_path}/", "-print_final_stats=1"]
    command = [sys.executable, "-m", "tests.fuzz.decoder", *options, str(seeds)]
    # The readers are pure: nothing of the servers of the other tests is handed on.
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": os.defpath}, capture_output=True, text=True, timeout=SECONDS + 120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert runs is not None
    assert int(runs[1]) > 1_000, done.stderr[-1000:]
