"""The workflow of the public host runs the check on a clean machine: few rights, an end, pins, no cache."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.y*ml"))


def test_there_is_one_workflow() -> None:
    assert [path.name for path in WORKFLOWS] == ["check.yml"]


def test_workflow_runs_the_check_and_nothing_else() -> None:
    workflow = yaml.safe_load(WORKFLOWS[0].read_text("utf-8"))
    triggers = workflow[True]  # YAML 1.1 reads "on" as true
    assert {"push", "pull_request"} <= set(triggers)
    assert "pull_request_target" not in triggers
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert "permissions" not in job
    assert 0 < job["timeout-minutes"] <= 60
    assert job["runs-on"] != "ubuntu-latest"
    # the image has neither Python nor PostgreSQL; /dev/shm has to hold servers
    assert job["container"]["image"] == "debian:12"
    assert "--shm-size" in job["container"]["options"]
    checkout, check = job["steps"]
    assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", checkout["uses"])
    assert checkout["with"]["persist-credentials"] is False
    assert check["run"] == "./ops/check"
    assert check["timeout-minutes"] <= job["timeout-minutes"]


def test_pins_say_which_version_they_are() -> None:
    for path in WORKFLOWS:
        for line in path.read_text("utf-8").splitlines():
            if "uses:" in line:
                assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
