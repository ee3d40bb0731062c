"""Rules and the dashboard name metrics that there are, of a real database and of the program."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Final, cast

import promql_parser
import pytest
import yaml

from pydb import db as domain
from pydb.health import metrics
from tests.alerts.rulebook import RUNBOOKS, alerts, names, program, rules, selectors
from tests.servers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Connection

DASHBOARD: Final = json.loads((ROOT / "ops/grafana/pydb.json").read_text())
SUFFIXES: Final = ("_bucket", "_sum", "_count")
# of Prometheus itself, and labels that a scrape gives
OF_PROMETHEUS: Final = {"up": {"job", "instance"}}
OF_SCRAPES: Final = {"job", "instance"}
ROWS: Final = [
    "Health", "Overdue", "Backlog and deadlines", "Throughput", "Locks and dead rows", "Cascades and orphans",
    "Claims", "Scheduler", "Events",
]  # fmt: skip


def expressions() -> list[tuple[str, str]]:
    """Title of the panel and expression, of all panels, with the variables of Grafana filled in."""
    return [
        (panel["title"], filled(target["expr"]))
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", [])
    ]


def filled(expr: str) -> str:
    return expr.replace("$__rate_interval", "5m").replace("$instance", ".*").replace("$policy", ".*")


@pytest.fixture
def known(db: Connection) -> dict[str, set[str]]:
    """Each metric with its labels."""
    rows = db.execute("select name, labels from pydb_internal.metric_kind").fetchall()
    found = {str(name): set(labels) for name, labels in rows}
    found |= {name: set(labels) for name, _, labels, _ in metrics.ADDED}
    found["lifecycle_build_info"] = found["lifecycle_build_info"] | {"version"}
    return found


def family(name: str, known: dict[str, set[str]]) -> str:
    for suffix in SUFFIXES:
        if name.endswith(suffix) and name.removesuffix(suffix) in known:
            return name.removesuffix(suffix)
    return name


def labels_of(name: str, known: dict[str, set[str]]) -> set[str]:
    if name in OF_PROMETHEUS:
        return OF_PROMETHEUS[name]
    base = family(name, known)
    assert base in known, f"no metric {name}"
    return known[base] | OF_SCRAPES | ({"le"} if base != name else set())


def check(expr: str, known: dict[str, set[str]]) -> None:
    """Each metric exists, and each label that is asked of it directly is one of its labels."""
    for selector in selectors(promql_parser.parse(expr)):
        name = cast("str", selector.name)
        if ":" in name:
            continue
        asked = {matcher.name for matcher in selector.matchers.matchers}
        assert asked <= labels_of(name, known), f"{name} has no {asked - labels_of(name, known)}"


def test_rules_ask_for_what_there_is(known: dict[str, set[str]]) -> None:
    for rule in rules():
        check(rule.expr, known)
        for name in names(rule.expr):
            labels_of(name, known)


def test_sentences_of_alerts_name_labels_that_there_are(known: dict[str, set[str]]) -> None:
    for alert in alerts():
        there = set[str]().union(*(labels_of(name, known) for name in names(alert.expr)))
        for label in re.findall(r"\$labels\.(\w+)", " ".join(text for _, text in alert.annotations)):
            assert label in there, f"{alert.name}: {label}"


def test_first_commands_name_labels_that_there_are(known: dict[str, set[str]]) -> None:
    for alert in alerts():
        there = set[str]().union(*(labels_of(name, known) for name in names(alert.expr)))
        (command,) = re.findall(
            r"^## First\n\n```sh\n(.+)\n```", (RUNBOOKS / f"{alert.name}.md").read_text(), re.M
        )
        for variable in re.findall(r"\$([A-Z_]+)", command):
            assert variable.lower() in there, f"{alert.name}: {variable}"


def test_no_metric_has_a_label_that_a_scrape_would_rename(known: dict[str, set[str]]) -> None:
    for name, labels in known.items():
        assert not labels & OF_SCRAPES, name


def test_the_dashboard_has_its_rows_in_order_and_a_policy_to_choose() -> None:
    assert [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"] == ROWS
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "instance", "policy"]
    identifiers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(identifiers) == len(set(identifiers))


def test_the_dashboard_asks_for_what_there_is(known: dict[str, set[str]]) -> None:
    recorded = {rule.name for rule in rules() if not rule.is_alert}
    for title, expr in expressions():
        check(expr, known)
        for selector in selectors(promql_parser.parse(expr)):
            assert ":" not in str(selector.name) or selector.name in recorded, title
    for one in DASHBOARD["templating"]["list"]:
        for name in re.findall(r"lifecycle_\w+", one["query"]):
            labels_of(name, known)


def test_promtool_parses_what_the_dashboard_asks(tmp_path: Path) -> None:
    asked = [
        {"record": f"dashboard:{number}", "expr": expr} for number, (_, expr) in enumerate(expressions())
    ]
    path = tmp_path / "dashboard.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
    done = subprocess.run(
        [program("promtool"), "check", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_shows_every_metric_that_counts(known: dict[str, set[str]]) -> None:
    """What is exported and neither watched nor shown is exported for nobody."""
    shown = {family(name, known) for _, expr in expressions() for name in names(expr)}
    watched = {family(name, known) for alert in alerts() for name in names(alert.expr)}
    unseen = set(known) - shown - watched
    assert unseen <= {
        "lifecycle_db_in_recovery",
        "lifecycle_scrape_errors_total",
        "lifecycle_archive_rows_total",
        "lifecycle_archive_oldest_age_seconds",
    }


def test_a_live_scrape_has_what_rules_and_dashboard_ask_for(dsn: str, known: dict[str, set[str]]) -> None:
    """Of all that exists without a fault and without anything to do."""
    with domain.connect(dsn) as conn:
        text = metrics.render(conn).decode()
    scraped = {family(name, known) for name in re.findall(r"^(lifecycle_\w+)", text, re.MULTILINE)}
    always = {
        "lifecycle_up", "lifecycle_build_info", "lifecycle_health_status", "lifecycle_scrape_success",
        "lifecycle_metrics_collected_timestamp_seconds", "lifecycle_db_oldest_xact_age_seconds",
        "lifecycle_cascade_plan_mismatch_total", "lifecycle_idempotency_stuck_claims",
        "lifecycle_idempotency_claims_total", "lifecycle_migration_pending",
        "lifecycle_migration_database_ahead",
        "lifecycle_schema_drift_objects", "lifecycle_audit_missing_events", "lifecycle_audit_chain_valid",
        "lifecycle_archive_unmatched_rows",
    }  # fmt: skip
    assert always <= scraped
    assert scraped <= known.keys()
