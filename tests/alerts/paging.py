"""A real Prometheus with the rules of ops/prometheus in a fraction of their time, and what it scrapes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Final, Self, cast

import yaml

from tests.alerts.rulebook import RUNBOOKS, program, scale
from tests.forked import Started

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

# one second is two hours; what is shorter than the steps of scrapes and rules is as long as a few of them
FACTOR: Final = 7200
SHORTEST_RANGE: Final = 7
SHORTEST_WAIT: Final = 4
DEADLINE: Final = 90.0
# between two looks; rules are evaluated every second
PAUSE: Final = 0.3

Labels = dict[str, str]


class Exporter:
    """A real `pydb serve` of one database, on loopback; forked."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self.port = free_port()
        self._folder = folder
        self._process: Started | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "PYDB_"))}
        self._process = Started(
            ["serve", "--port", str(self.port)],
            env={**kept, "PYDB_DSN": self.dsn, "PYDB_SERVE_TOKEN": "0123456789abcdef"},
            cwd=self._folder,
        )
        until(lambda: answers(self.port, "/livez"), "pydb serve answers")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate(30)
            self._process.stdout.close()
            self._process.stderr.close()
            self._process = None


class Prometheus:
    """Debian's Prometheus on a port and in a directory of its own: it scrapes and evaluates every second."""

    def __init__(self, folder: Path, targets: list[str], scrape: int = 2) -> None:
        self.port = free_port()
        files = scale(folder, FACTOR, SHORTEST_RANGE, SHORTEST_WAIT)
        config = folder / "prometheus.yml"
        config.write_text(
            yaml.safe_dump(
                {
                    "global": {
                        "scrape_interval": f"{scrape}s",
                        "scrape_timeout": f"{scrape}s",
                        "evaluation_interval": "1s",
                        "external_labels": {"runbooks": "https://example.org/runbooks"},
                    },
                    "rule_files": files,
                    "scrape_configs": [{"job_name": "lifecycle", "static_configs": [{"targets": targets}]}],
                }
            )
        )
        self._command = [
            program("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--query.lookback-delta=5s",
            "--log.level=warn",
        ]
        self._folder = folder
        self._asking = threading.Lock()
        self._asked = -PAUSE
        self._fires: list[tuple[Labels, Labels]] = []

    def __enter__(self) -> Self:
        log = self._folder / "prometheus.log"
        self._process = started(self._command, log, env=dict(os.environ))
        until(
            lambda: answers(self.port, "/-/ready") or self._process.poll() is not None, "Prometheus answers"
        )
        assert self._process.poll() is None, log.read_text()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def query(self, expr: str) -> list[tuple[Labels, float]]:
        """An instant query; returns labels and value of each series."""
        query = urllib.parse.urlencode({"query": expr})
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=10
        ) as answer:
            result = json.load(answer)["data"]["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def firing(self) -> list[tuple[Labels, Labels]]:
        """Alerts that fire now: labels and annotations; who ask at the same time are told the same."""
        with self._asking:
            if time.monotonic() - self._asked >= PAUSE:
                self._fires = self._ask_firing()
                self._asked = time.monotonic()
            return self._fires

    def _ask_firing(self) -> list[tuple[Labels, Labels]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/alerts", timeout=10) as answer:
            found = json.load(answer)["data"]["alerts"]
        return [(one["labels"], one["annotations"]) for one in found if one["state"] == "firing"]

    def fired(self, seconds: float) -> set[tuple[str, ...]]:
        """Alerts that fired at any time in the last seconds: their labels as text."""
        found = self.query(f'max_over_time(ALERTS{{alertstate="firing"}}[{int(seconds)}s])')
        return {tuple(f"{key}={value}" for key, value in sorted(labels.items())) for labels, _ in found}

    def await_firing(self, wanted: Mapping[str, Labels]) -> dict[str, tuple[Labels, Labels]]:
        """Wait until each has fired, in any order; returns all labels and annotations of those that did.

        All are looked for at once: an alert about what is new is over after some seconds.
        """
        found: dict[str, tuple[Labels, Labels]] = {}
        end = time.monotonic() + DEADLINE
        while len(found) < len(wanted) and time.monotonic() < end:
            fires = self.firing()
            for name, asked in wanted.items():
                like = [one for one in fires if asked.items() <= one[0].items()]
                if like:
                    found.setdefault(name, like[0])
            time.sleep(PAUSE)
        return found

    def await_cleared(self, labels: Labels) -> None:
        until(lambda: all(one != labels for one, _ in self.firing()), f"clears: {labels}")


def until(is_true: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(PAUSE)


def started(command: list[str], log: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program that says what it has to say in a file."""
    with log.open("ab") as words:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, env=env)


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
            return True
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast("int", probe.getsockname()[1])


def first_command(alert: str) -> str:
    """What the runbook of an alert has people type first."""
    found = re.search(
        r"^## First\n\n```sh\n(.+)\n```\n", (RUNBOOKS / f"{alert}.md").read_text(), re.MULTILINE
    )
    assert found
    return found[1]


def type_it(alert: str, dsn: str, labels: Mapping[str, str], path: str) -> str:
    """Run the first command of a runbook, with the labels of the alert; returns all that it prints."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "PYDB_"))}
    environment = {
        **kept,
        **{key.upper(): value for key, value in labels.items() if key not in ("job", "alertname")},
        **as_libpq(dsn),
        "PYDB_DSN": dsn,
        "PATH": f"{path}:{kept['PATH']}",
        "COLUMNS": "240",
    }
    done = subprocess.run(
        ["bash", "-c", first_command(alert)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def as_libpq(dsn: str) -> dict[str, str]:
    """The variables by which psql finds the same database."""
    import psycopg

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    given = psycopg.conninfo.conninfo_to_dict(dsn)
    return {variable: str(given[name]) for name, variable in names.items() if given.get(name)}
