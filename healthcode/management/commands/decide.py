"""``decide``: cases as JSON Lines in, decisions as JSON Lines out; no database (``rules.md``, "The command")."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from healthcode.domain.cases import Malformed, print_decision, print_segment, read_case
from healthcode.domain.decide import decide
from healthcode.domain.rulesets import BASELINE, RuleSet, UnknownRuleSet, shipped_ruleset


class Command(BaseCommand):
    """Decide cases. A malformed line gives an error in its place; the exit status is 1 if there was one."""

    help = "Decide cases given as JSON Lines, one decision a line; needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a file (or ``-``), the rule set, and whether to print timelines."""
        parser.add_argument("file", nargs="?", default="-", help="JSON Lines; - or nothing is standard input")
        parser.add_argument("--ruleset", default=BASELINE, help=f"id of a shipped rule set (default {BASELINE})")
        parser.add_argument("--timeline", action="store_true", help="print the timeline as well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; raise ``CommandError`` for an unknown rule set or a file that can't be read."""
        try:
            rules = shipped_ruleset(options["ruleset"])
        except UnknownRuleSet as error:
            raise CommandError(str(error)) from error
        failed = False
        for answer in _answers(options["file"], rules, timeline=options["timeline"]):
            failed = failed or "error" in answer
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        if failed:
            sys.exit(1)


def _answers(name: str, rules: RuleSet, *, timeline: bool) -> Iterator[dict[str, object]]:
    if name == "-":
        yield from _decide_lines(sys.stdin, rules, timeline=timeline)
        return
    try:
        with open(name, encoding="utf-8", errors="surrogateescape") as lines:
            yield from _decide_lines(lines, rules, timeline=timeline)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error


def _decide_lines(lines: TextIO, rules: RuleSet, *, timeline: bool) -> Iterator[dict[str, object]]:
    for number, line in enumerate(lines, start=1):
        # A byte-order mark before the first case is no part of it.
        text = line.strip().removeprefix("\ufeff")
        if text:
            yield _decide_line(text, number, rules, timeline=timeline)


def _decide_line(text: str, number: int, rules: RuleSet, *, timeline: bool) -> dict[str, object]:
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return {"id": None, "line": number, "error": f"line: no JSON: {error}"}
    identifier = data.get("id") if isinstance(data, dict) else None
    try:
        case = read_case(data)
        decision = decide(case.evidence, case.areas, rules, case.at)
    except Malformed as error:
        return {"id": identifier, "line": number, "error": str(error)}
    answer = {"id": identifier, **print_decision(decision)}
    if timeline:
        answer["timeline"] = [print_segment(segment) for segment in decision.timeline]
    return answer


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON value")
