"""Runs the real command as a process against a real database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests import forked, processes, reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.conftest import Connection
    from tests.doors import Doors
    from tests.servers import Database

    Process = subprocess.Popen[bytes] | forked.Started

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "pydb"]
DEADLINE = 60.0


@dataclass(frozen=True)
class Result:
    """What a finished command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, object]:
        """The one JSON document on stdout."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        assert document["version"] == 1
        assert document["exit_code"] == self.code
        return document

    @property
    def error(self) -> dict[str, object]:
        """The error inside the document of a command that failed."""
        assert self.document["document"] == "error"
        error = self.document["error"]
        assert isinstance(error, dict)
        return error


class Cli:
    """The command with an environment of its own: no PG* or PYDB_* variable of the caller reaches it."""

    def __init__(self, dsn: str | None, cwd: Path, warm: Callable[[], str] | None = None) -> None:
        """``warm`` tells another DSN of the database, with sessions that have compiled pydb's routines."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PYDB_", "COLUMNS", "LINES"))}
        self.env = {**kept, "PYTHONPATH": str(ROOT), **({"PYDB_DSN": dsn} if dsn else {})}
        self.cwd = cwd
        self._warm = warm

    def __call__(self, *args: str | bytes, stdin: bytes = b"", **env: str) -> Result:
        """Run it to its end, in a process that was forked, or a new one if the environment asks for it."""
        whole = {**self.env, **env}
        # what the variables of libpq ask for, a session gets when it begins
        if self._warm is not None and not any(name.startswith("PG") for name in env):
            whole = {**whole, "PYDB_DSN": self._warm(), **env}
        if forked.changes_the_interpreter(list(env)):
            done = subprocess.run(
                [*COMMAND, *args],
                input=stdin,
                capture_output=True,
                env=whole,
                cwd=self.cwd,
                timeout=60,
                check=False,
            )
            result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        else:
            code, out, err = forked.run(args, stdin=stdin, env=whole, cwd=self.cwd, timeout=60)
            result = Result(code, out.decode(), err.decode())
        assert "Traceback" not in result.err
        return result

    def start(self, *args: str, below: Sequence[str] = ()) -> Process:
        """Start the command and return; its standard input is empty.

        ``below`` goes before it, as nohup; then it is no fork, but a new interpreter.
        """
        if below:
            return processes.start([*below, *COMMAND, *args], env=self.env, cwd=self.cwd)
        return processes.command(args, env=self.env, cwd=self.cwd)

    def finish(self, process: Process) -> Result:
        """Wait for a started command."""
        out, err = process.communicate(timeout=60)
        return Result(process.wait(), out.decode(), err.decode())

    def on_terminal(self, *args: str, answer: bytes = b"", columns: str = "200") -> Result:
        """Run it on a terminal and type ``answer`` at once; everything that it shows is in ``out``."""
        env = {**self.env, "COLUMNS": columns, "TERM": "xterm"}
        code, shown = forked.run_on_terminal(args, answer=answer, env=env, cwd=self.cwd, timeout=60)
        return Result(code, shown.decode(), "")


class WaitFor(Protocol):
    """Polls until a query gives true; fails after 30 s."""

    def __call__(self, query: str) -> None: ...


@pytest.fixture
def cli(dsn: str, tmp_path: Path, request: pytest.FixtureRequest, doors: Doors) -> Cli:
    """``cli("retention", "plan")``: the command on a fresh migrated database.

    Where the database is shared, so are the sessions of commands; who looks at those asks for `alone`.
    """
    if not reuse.is_shared(dsn):
        return Cli(dsn, tmp_path)
    database: Database = request.getfixturevalue("database")

    def warm() -> str:
        return dsn if reuse.has_defaults(dsn) else doors.dsn(database)

    return Cli(dsn, tmp_path, warm)


@pytest.fixture
def bare_cli(tmp_path: Path) -> Cli:
    """The command without any database configured."""
    return Cli(None, tmp_path)


@pytest.fixture
def wait_for(db: Connection) -> WaitFor:
    def wait(query: str) -> None:
        end = time.monotonic() + DEADLINE
        while not (row := db.execute(query.encode()).fetchone()) or not row[0]:
            assert time.monotonic() < end, f"never true: {query}"
            time.sleep(0.02)

    return wait


def make_events(db: Connection) -> None:
    """Table app.events: 100 rows for each of the last 100 days; tables app.b, app.c, app.d are empty."""
    db.execute("create schema if not exists app")
    db.execute("create table app.events (id bigint generated always as identity primary key, at timestamptz)")
    db.execute(
        "insert into app.events (at) select now() - make_interval(days => d, mins => m)"
        " from generate_series(0, 99) as d, generate_series(1, 100) as m"
    )
    db.execute("analyze app.events")
    for name in "bcd":
        db.execute(f"create table app.{name} (like app.events)".encode())


@pytest.fixture
def events(db: Connection) -> Connection:
    """A connection to a database with the tables of `make_events`."""
    make_events(db)
    return db


@pytest.fixture
def policy_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a policy file, ``policy_file(a='keep = "30 days"')``; a is for app.events, b for app.b, …"""

    def write(path: str = "policies.toml", **policies: str) -> Path:
        text = ""
        for name, keys in policies.items():
            table = "app.events" if name == "a" else f"app.{name}"
            text += f'[policy.{name}]\ntable = "{table}"\ntime_column = "at"\n{keys}\n'
        (tmp_path / path).write_text(text)
        return tmp_path / path

    return write
