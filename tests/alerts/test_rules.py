"""Rules and runbooks: Debian's promtool reads them, and what it does not hold is held here."""

from __future__ import annotations

import functools
import re
import subprocess
from typing import TYPE_CHECKING, Final, cast

import promql_parser
import pytest
import yaml

from tests.alerts.rulebook import (
    FOLDER,
    RUNBOOKS,
    alerts,
    evaluated,
    narrow,
    nodes,
    program,
    rules,
    scale,
    seconds,
    selectors,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.alerts.rulebook import Rule

ALERTS: Final = alerts()
TESTS: Final = sorted((FOLDER / "tests").glob("*.yml"))
RATES: Final = {"rate", "irate", "increase", "resets"}
OF_GAUGES: Final = {"deriv", "delta", "idelta", "predict_linear"}


def promtool(*arguments: str) -> None:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def identify(value: object) -> str:
    return str(getattr(value, "name", value))


def test_there_are_the_28_and_four_of_budgets() -> None:
    assert len(ALERTS) == 32
    assert len({alert.name for alert in ALERTS}) == 32


def test_promtool_accepts_rules_and_configuration() -> None:
    promtool("check", "rules", str(FOLDER / "recording.yml"), str(FOLDER / "alerts.yml"))
    promtool("check", "config", str(FOLDER / "prometheus.yml"))


@pytest.mark.parametrize("path", TESTS, ids=identify)
def test_rules_fire_when_they_should_and_only_then(path: Path, tmp_path: Path) -> None:
    promtool("test", "rules", *narrow(path, tmp_path))


@pytest.mark.parametrize("path", [path for path in TESTS if path.name != "days.yml"], ids=identify)
def test_no_rule_fails_on_the_series_of_another(path: Path, tmp_path: Path) -> None:
    promtool("test", "rules", evaluated(path, tmp_path))


@functools.cache
def cases() -> list[tuple[str, set[str], bool]]:
    """Of each promtool case: its alert, the series that it has, and whether it fires."""
    return [
        (
            asked["alertname"],
            {series["series"] for series in case["input_series"]},
            bool(asked["exp_alerts"]),
        )
        for path in TESTS
        for case in yaml.safe_load(path.read_text())["tests"]
        for asked in case["alert_rule_test"]
    ]


def metrics(series: set[str]) -> set[str]:
    return {name.partition("{")[0] for name in series}


@pytest.mark.parametrize("alert", ALERTS, ids=identify)
def test_each_alert_has_a_case_that_fires_one_just_below_and_one_with_a_series_missing(alert: Rule) -> None:
    mine = [(have, fires) for name, have, fires in cases() if name == alert.name]
    fired = [have for have, fires in mine if fires]
    silent = [have for have, fires in mine if not fires]
    assert fired
    # below: all that fires is there, and its values are less
    assert any(metrics(have) >= metrics(there) for there in fired for have in silent)
    if alert.name == "LifecycleMetricsAbsent":
        assert set() in fired
    else:
        assert any(there - have for there in fired for have in silent)


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == {alert.name for alert in ALERTS}
    listed = re.findall(
        r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|$", (RUNBOOKS / "README.md").read_text(), re.MULTILINE
    )
    assert listed == [(alert.name, alert.severity) for alert in ALERTS]


@pytest.mark.parametrize("alert", ALERTS, ids=identify)
def test_a_runbook_says_all_four_things_and_links_to_what_there_is(alert: Rule) -> None:
    text = (RUNBOOKS / f"{alert.name}.md").read_text()
    assert text.startswith(f"# {alert.name}\n\n")
    assert re.findall("^## (.*)$", text, re.MULTILINE) == ["First", "Look at", "Type", "Back to sleep"]
    assert re.search(r"^## First\n\n```sh\n[^\n]+\n```\n", text, re.MULTILINE)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (RUNBOOKS / link).is_file(), link


@pytest.mark.parametrize("alert", ALERTS, ids=identify)
def test_an_alert_has_what_people_look_for(alert: Rule) -> None:
    assert re.fullmatch(r"Lifecycle([A-Z][a-z0-9]+)+", alert.name)
    assert alert.severity in ("critical", "warning", "info")
    said = dict(alert.annotations)
    assert said.keys() == {"summary", "description", "runbook_url"}
    assert said["runbook_url"] == "{{ $externalLabels.runbooks }}/" + f"{alert.name}.md"
    # what it names in a sentence must still be there after the expression
    last = promql_parser.parse(alert.expr)
    kept = {
        label
        for node in nodes(last)
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier
        for label in node.modifier.labels
    }
    summed = isinstance(_left(last), promql_parser.AggregateExpr)
    for label in re.findall(r"\$labels\.(\w+)", " ".join(said.values())):
        assert not summed or label in kept, f"{label} is summed away"


def _left(tree: promql_parser.Expr) -> promql_parser.Expr:
    """What gives a result its labels: the left end of the expression."""
    while True:
        if isinstance(tree, promql_parser.BinaryExpr):
            tree = tree.lhs
        elif isinstance(tree, promql_parser.ParenExpr):
            tree = tree.expr
        else:
            return tree


@pytest.mark.parametrize("rule", rules(), ids=identify)
def test_counters_are_asked_for_their_increase_and_gauges_are_not(rule: Rule) -> None:
    for node in nodes(rule.tree):
        if isinstance(node, promql_parser.Call):
            for argument in node.args:
                if isinstance(argument, promql_parser.MatrixSelector):
                    name = cast("str", argument.vector_selector.name)
                    if node.func.name in RATES:
                        assert is_counter(name), f"{node.func.name} of {name}"
                    elif node.func.name in OF_GAUGES:
                        assert not is_counter(name), f"{node.func.name} of {name}"
    # bare counters only where their beginning is told from their increase
    if ":new" not in rule.name:
        now = re.sub(r"(\{[^}]*\})?\[\w+\]", "[]", rule.expr)
        assert not re.findall(r"\b\w+_(?:total|bucket|count|sum)\b(?!\[)", now)


def is_counter(name: str) -> bool:
    return name.endswith(("_total", "_bucket", "_count", "_sum"))


@pytest.mark.parametrize("rule", rules(), ids=identify)
def test_sums_and_matches_keep_the_target(rule: Rule) -> None:
    """Two databases in one Prometheus are told apart."""
    for node in nodes(rule.tree):
        if isinstance(node, promql_parser.AggregateExpr):
            assert node.modifier, rule.expr
            assert {"job", "instance"} <= set(node.modifier.labels), rule.expr
        if isinstance(node, promql_parser.BinaryExpr) and node.modifier and node.modifier.matching:
            assert {"job", "instance"} <= set(node.modifier.matching.labels), rule.expr


@pytest.mark.parametrize("rule", rules(), ids=identify)
def test_no_rule_filters_a_vector_and_goes_on_counting_with_it(rule: Rule) -> None:
    """`a > 1 / b` divides by what is left; and and unless in one row are read in no order that all know."""
    for node in nodes(rule.tree):
        if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in "+-*/":
            for side in (node.lhs, node.rhs):
                inner = side.expr if isinstance(side, promql_parser.ParenExpr) else side
                compares = isinstance(inner, promql_parser.BinaryExpr) and str(inner.op) in (
                    ">",
                    "<",
                    ">=",
                    "<=",
                    "==",
                )
                assert not compares, rule.expr
        if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in ("and", "unless", "or"):
            lhs = node.lhs
            if isinstance(lhs, promql_parser.BinaryExpr) and str(lhs.op) in ("and", "unless", "or"):
                assert str(lhs.op) == str(node.op), f"parentheses: {rule.expr}"


def test_a_scaled_rule_says_the_same_in_less_time(tmp_path: Path) -> None:
    promtool("check", "rules", *scale(tmp_path, 3600, 4, 0))
    made = {
        rule.get("alert") or rule["record"]: rule
        for name in ("recording.yml", "alerts.yml")
        for group in yaml.safe_load((tmp_path / name).read_text())["groups"]
        for rule in group["rules"]
    }
    assert made["LifecycleDbOldTransaction"]["expr"] == "lifecycle_db_oldest_xact_age_seconds > 4"
    assert made["LifecycleRetentionBacklogGrowing"]["for"] == "6000ms"
    assert "offset 24000ms" in made["LifecycleRetentionBacklogGrowing"]["expr"]
    assert "[4000ms]" in made["policy_outcome:lifecycle_runs:new1h"]["expr"]
    assert "2 * (lifecycle_run_interval_seconds{subsystem=" in made["LifecycleRetentionOverdue"]["expr"]
    for rule in rules():
        scaled = re.sub(r"\((\w+_seconds(\{[^}]*\})?) / 3600\)", r"\1", made[rule.name]["expr"])
        numbers = re.compile(r"[\d.]+(ms|[smhd])?( \* 60)?")
        assert numbers.sub("0", rule.expr) == numbers.sub("0", scaled), rule.name


@pytest.mark.parametrize("rule", rules(), ids=identify)
def test_times_are_written_so_that_they_can_be_told_from_numbers(rule: Rule) -> None:
    """A number from 60 on beside a metric in seconds is minutes * 60."""
    named = {cast("str", selector.name) for selector in selectors(rule.tree)}
    timed = any(name.endswith(("_seconds", ":seconds")) for name in named)
    numbers = [float(found) for found in re.findall(r"(?<![\w.])(\d+(?:\.\d+)?)(?![\w.\]])", rule.expr)]
    assert not timed or all(number <= 60 for number in numbers), rule.expr


def test_examples_inhibit_the_rest_while_nothing_is_seen() -> None:
    """The matchers of the first rule, on the names of all alerts."""
    first = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())["inhibit_rules"][0]
    assert first["equal"] == ["job", "instance"]

    def matched(matchers: list[str]) -> set[str]:
        left = {alert.name for alert in ALERTS}
        for matcher in matchers:
            found = re.fullmatch(r'alertname(=~|!~)"(.*)"', matcher)
            assert found, matcher
            left = {name for name in left if (re.fullmatch(found[2], name) is not None) == (found[1] == "=~")}
        return left

    blind = {"LifecycleExporterDown", "LifecycleMetricsAbsent"}
    assert matched(first["source_matchers"]) == blind
    assert matched(first["target_matchers"]) == {alert.name for alert in ALERTS} - blind


@pytest.mark.parametrize(
    ("text", "time"), [("5m", 300), ("1h30m", 5400), ("250ms", 0.25), ("1d", 86400)], ids=identify
)
def test_times(text: str, time: float) -> None:
    assert seconds(text) == time
