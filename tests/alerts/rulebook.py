"""The rules that Prometheus loads, as data: what they name, and the same in a fraction of their time."""

from __future__ import annotations

import functools
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import promql_parser
import yaml

from tests.servers import INSTALL, ROOT, MissingServerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER: Final = ROOT / "ops/prometheus"
RUNBOOKS: Final = ROOT / "ops/runbooks"
FILES: Final = ("recording.yml", "alerts.yml")

_TIME = re.compile(r"(\d+)(ms|[smhdw])")
_CONFIGURED: Final = "lifecycle_(?:run_interval|scheduler_job_interval|retention)_seconds"
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Rule:
    """An alert, or what a recording rule records."""

    name: str
    expr: str
    group: str
    is_alert: bool
    wait: str = "0s"
    severity: str = ""
    annotations: tuple[tuple[str, str], ...] = ()

    @property
    def tree(self) -> promql_parser.Expr:
        return promql_parser.parse(self.expr)


def program(name: str) -> str:
    """The path of ``promtool`` or ``prometheus``, of the package prometheus."""
    found = shutil.which(name)
    if found is None:
        raise MissingServerError(f"no {name}\nhint: {INSTALL}")
    return found


@functools.cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of the files; to read them takes a third of a second."""
    return tuple(
        Rule(
            name=rule.get("alert") or rule["record"],
            expr=rule["expr"],
            group=group["name"],
            is_alert="alert" in rule,
            wait=rule.get("for", "0s"),
            severity=rule.get("labels", {}).get("severity", ""),
            annotations=tuple(sorted(rule.get("annotations", {}).items())),
        )
        for name in FILES
        for group in yaml.safe_load((FOLDER / name).read_text())["groups"]
        for rule in group["rules"]
    )


def alerts() -> list[Rule]:
    return [rule for rule in rules() if rule.is_alert]


def nodes(tree: promql_parser.Expr) -> list[promql_parser.Expr]:
    """The expression and all within it."""
    found: list[promql_parser.Expr] = []
    promql_parser.walk(tree, found.append)
    return found


def selectors(tree: promql_parser.Expr) -> Iterator[promql_parser.VectorSelector]:
    for node in nodes(tree):
        if isinstance(node, promql_parser.VectorSelector):
            yield node


def names(expr: str) -> set[str]:
    """The metrics that an expression asks for; what rules record is followed to what it is made of."""
    made = {rule.name: rule.expr for rule in rules() if not rule.is_alert}
    asked = {cast("str", selector.name) for selector in selectors(promql_parser.parse(expr))}
    return asked - made.keys() | {name for rule in asked & made.keys() for name in names(made[rule])}


def made_of(name: str) -> set[str]:
    """A rule and all rules whose results it asks for, directly or not."""
    (rule,) = (rule for rule in rules() if rule.name == name)
    known = {rule.name for rule in rules()}
    asked = {cast("str", selector.name) for selector in selectors(rule.tree)}
    return {name}.union(*(made_of(other) for other in asked & known))


def narrow(tests: Path, folder: Path) -> list[str]:
    """Write each case of a file for promtool, and beside it the rules that its alerts are made of."""
    # as text: 0x150 is a zero and 150 more, and no number
    document = yaml.load(tests.read_text(), yaml.BaseLoader)  # noqa: S506
    order = document.pop("group_eval_order", [])
    all_groups = [group for name in FILES for group in yaml.safe_load((FOLDER / name).read_text())["groups"]]
    written = []
    for number, case in enumerate(document["tests"]):
        needed = set[str]().union(*(made_of(asked["alertname"]) for asked in case["alert_rule_test"]))
        groups = [
            {**group, "rules": kept}
            for group in all_groups
            if (kept := [rule for rule in group["rules"] if rule.get("alert", rule.get("record")) in needed])
        ]
        there = {group["name"] for group in groups}
        ruled = folder / f"rules_{number}.yml"
        ruled.write_text(yaml.safe_dump({"groups": groups}, sort_keys=False, width=1000))
        path = folder / f"case_{number}.yml"
        part = {
            **document,
            "rule_files": [ruled.name],
            "group_eval_order": [name for name in order if name in there],
            "tests": [case],
        }
        path.write_text(yaml.safe_dump(part, sort_keys=False, width=1000))
        written.append(str(path))
    return written


def evaluated(tests: Path, folder: Path) -> str:
    """Write the series of a file for promtool, with all rules and nothing that has to fire.

    It fails where a rule cannot be evaluated. That does not depend on the minute: every tenth is enough.
    """
    document = yaml.load(tests.read_text(), yaml.BaseLoader)  # noqa: S506 - as in narrow
    document["rule_files"] = [str(FOLDER / name) for name in FILES]
    document["evaluation_interval"] = f"{int(seconds(document['evaluation_interval']) * 10)}s"
    for case in document["tests"]:
        asked = case.pop("alert_rule_test")
        end = max((one["eval_time"] for one in asked), key=seconds)
        case["promql_expr_test"] = [{"expr": "vector(1)", "eval_time": end, "exp_samples": [{"value": 1}]}]
    path = folder / tests.name
    path.write_text(yaml.safe_dump(document, sort_keys=False, width=1000))
    return str(path)


def seconds(text: str) -> float:
    """A time as Prometheus writes it: 1h30m."""
    return sum(int(number) * _SECONDS[unit] for number, unit in _TIME.findall(text))


def scale(folder: Path, factor: float, shortest: float, least: float) -> list[str]:
    """Write the rules with all times divided by ``factor``; returns the files.

    What is a time is said by how it is written (durations, and N * 60) or by its name (what the configuration
    says of intervals and of how long rows are kept). No range and no age is less than ``shortest`` seconds,
    and what has to last is made to last ``least``.
    """

    def short(text: str, bound: float) -> str:
        return f"{max(round(seconds(text) / factor * 1000), round(bound * 1000))}ms"

    written = []
    for name in FILES:
        document = yaml.safe_load((FOLDER / name).read_text())
        for group in document["groups"]:
            for rule in group["rules"]:
                expr = re.sub(r"\[(\w+)\]", lambda found: f"[{short(found[1], shortest)}]", rule["expr"])
                expr = re.sub(r"offset (\w+)", lambda found: f"offset {short(found[1], shortest)}", expr)
                expr = re.sub(rf"{_CONFIGURED}({{[^}}]*}})?", lambda found: f"({found[0]} / {factor})", expr)
                rule["expr"] = re.sub(
                    r"(\d+) \* 60\b", lambda found: f"{max(int(found[1]) * 60 / factor, shortest)}", expr
                )
                if "for" in rule:
                    rule["for"] = short(rule["for"], least)
        path = folder / name
        path.write_text(yaml.safe_dump(document, sort_keys=False, width=1000))
        written.append(str(path))
    return written
