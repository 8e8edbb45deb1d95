"""The command ``decide``, run as its user runs it: no environment, no database, JSON Lines."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENTRY = {"id": "e1", "kind": "overseas_entry", "at": "2020-07-01T10:00"}
GOOD = {"id": "case 1", "at": "2020-07-10T00:00", "evidence": [ENTRY], "areas": []}


def decide(*arguments: str, given: str = "") -> tuple[int, list[dict[str, Any]], str]:
    """Run the command with nothing in its environment but the path; return status, answers and complaints."""
    done = subprocess.run(
        [sys.executable, "manage.py", "decide", *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        check=False,
        timeout=60,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_case_on_standard_input_is_decided() -> None:
    status, (answer,), _said = decide("-", given=json.dumps(GOOD))
    assert status == 0
    assert answer == {
        "id": "case 1",
        "at": "2020-07-10T00:00:00+08:00",
        "ruleset": "zj-2020-109",
        "colour": "red",
        "grounds": [
            {
                "rule": "overseas_entry",
                "clause": ["N1.1", "N2.1", "N2.3"],
                "colour": "red",
                "evidence": ["e1"],
                "since": "2020-07-01T10:00:00+08:00",
                "stage": "central",
                "stage_until": "2020-07-15T10:00:00+08:00",
                "until": "2020-07-22T10:00:00+08:00",
                "lifts": ["time", "release"],
            }
        ],
        "changes_at": "2020-07-22T10:00:00+08:00",
        "becomes": "green",
        "needs_detail": [],
    }


def test_malformed_lines_say_what_and_where_and_the_run_goes_on(tmp_path: Path) -> None:
    late = {"id": 7, "at": "2020-07-10T00:00", "evidence": [{**ENTRY, "recorded_at": "2020-06-30T00:00"}]}
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(["{not json", json.dumps(late), "", json.dumps(GOOD), "[]", '{"id": NaN}']), "utf-8")
    status, answers, _said = decide(str(file))
    assert status == 1
    assert [(a["id"], a.get("line")) for a in answers] == [(None, 1), (7, 2), ("case 1", None), (None, 5), (None, 6)]
    assert answers[0]["error"].startswith("line: no JSON")
    assert (
        answers[1]["error"] == "evidence[0].at: later than recorded_at; only orders may begin after they are recorded"
    )
    assert answers[2]["colour"] == "red"
    assert answers[3]["error"] == "case: expected an object, got []"


def test_bytes_that_are_no_text_are_one_bad_line(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\xff\xfe\n" + json.dumps(GOOD).encode() + b"\n")
    status, answers, _said = decide(str(file))
    assert (status, [a.get("line") for a in answers]) == (1, [1, None])


def test_a_mark_at_the_beginning_of_the_file_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\ufeff" + json.dumps(GOOD), "utf-8")
    assert decide(str(file))[0] == 0


def test_the_timeline_is_printed_on_request() -> None:
    _status, (answer,), _said = decide("--timeline", given=json.dumps(GOOD))
    assert [(part["from"][:10], part["colour"]) for part in answer["timeline"]] == [
        ("2020-07-10", "red"),
        ("2020-07-15", "red"),
        ("2020-07-22", "green"),
    ]


def test_an_unknown_rule_set_is_named() -> None:
    status, answers, said = decide("--ruleset", "zj-1999-1", given=json.dumps(GOOD))
    assert (status, answers) == (1, [])
    assert "zj-1999-1" in said
    assert "zj-2020-109" in said


def test_a_file_that_is_not_there_is_named() -> None:
    status, answers, said = decide("nowhere.jsonl")
    assert (status, answers) == (1, [])
    assert "nowhere.jsonl" in said
