"""Every kind of run against every kind of trouble: the table in docs/runs.md, row by row.

The same trouble is the same state, the same reason, one row in pydb.job_run, and the error that the table
says, whichever kind of run meets it.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import psycopg.conninfo
import pytest

from pydb import db as pydb_db
from pydb import errors
from pydb.archive import export, target
from tests import reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connect, Connection, RoleFactory

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "runs.md"
DEADLINE: Final = 60.0
CALLS: Final = {
    "retention": "call pydb.retention_run('events')",
    "cascade": "call pydb.cascade_run()",
    "orphan repair": "call pydb.orphan_repair('app.note.parent_id_ref', 'delete', p_min_age => '0')",
    "orphan scan": "call pydb.orphan_scan_run()",
    "export": "export",
    "archive purge": "call pydb.archive_purge()",
}
# what a kind needs beside the setup that all have
NEEDS: Final = {
    "export": """
select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1,
    p_action => 'export');
""",
    "archive purge": """
select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1,
    p_action => 'archive');
call pydb.retention_run('events');
delete from pydb.job_run;
update pydb.archive_run set last_at = now() - interval '2 years';
""",
}
SETUP: Final = """
create schema if not exists app;
create table app.parent (id integer primary key);
create table app.event (id integer primary key, at timestamptz not null);
create table app.child (id integer primary key, parent_id integer references app.parent on delete cascade);
create index on app.child (parent_id);
create table app.note (id integer primary key, parent_id integer);
insert into app.parent select generate_series(1, 10);
insert into app.child select i, i % 10 + 1 from generate_series(1, 100) as i;
insert into app.event select i, now() - interval '60 days' from generate_series(1, 50) as i;
insert into app.note select i, 1000 + i from generate_series(1, 50) as i;
select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1);
select pydb.reference_set('app.note', '{parent_id}', 'app.parent', '{id}');
select pydb.cascade_request('app.parent', '[{"id": 1}]');
select pydb.setting_set('lock_timeout', '60 s');
"""
# what a rival holds, so that a run of that kind waits
TABLES: Final = "app.event, app.child, app.note"
ROW: Final = re.compile(r"^\| ([\w ,]+) " + r"\| (.+?) " * len(CALLS) + r"\|$", re.MULTILINE)
CELL: Final = re.compile(r"^(\w+) \((\w+)\)(?:, `(\w+)`)?$")


def table() -> dict[tuple[str, str], str]:
    """The table of the page: (trouble, kind) → cell."""
    rows = ROW.findall(PAGE.read_text("utf-8"))
    head, body = rows[0], rows[2:] if set(rows[1][0]) <= {"-", " "} else rows[1:]
    return {
        (row[0].strip(), kind): cell for row in body for kind, cell in zip(head[1:], row[1:], strict=True)
    }


@dataclass
class Runner:
    """A run in a session of its own; ``error`` is what its CALL raised. Exports go to a directory."""

    connection: Connection
    path: Path
    error: psycopg.Error | errors.PydbError | None = None
    warnings: list[str] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def start(self, statement: str) -> None:
        def call() -> None:
            try:
                if statement == "export":
                    self._export()
                else:
                    self.connection.execute(statement.encode())
            except (psycopg.Error, errors.PydbError) as error:
                self.error = error

        self.connection.add_notice_handler(lambda diag: self.warnings.append(str(diag.message_primary)))
        self._thread = threading.Thread(target=call, daemon=True)
        self._thread.start()

    def _export(self) -> None:
        with pydb_db.connect(self.connection.info.dsn) as reader:
            outcome = export.export(self.connection, reader, "events", target.Directory(self.path))
        if outcome.error is not None:
            raise outcome.error

    def end(self) -> None:
        assert self._thread is not None
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "the run did not end"


@dataclass
class Place:
    """The database, its superuser, and what makes the trouble."""

    db: Connection
    connect: Connect
    runner: Runner
    limited: Callable[[], Connection]

    def until(self, query: str) -> None:
        """Wait for something that can be seen."""
        end = time.monotonic() + DEADLINE
        while self.db.execute(query.encode()).fetchone() != (True,):
            assert time.monotonic() < end, query
            time.sleep(0.01)

    def until_it_waits(self, kind: str) -> None:
        """Until the run waits for this kind of thing: Lock, Timeout (a sleep)."""
        self.until(
            "select exists (select from pg_stat_activity"
            f" where pid = {self.runner.connection.info.backend_pid} and wait_event_type = '{kind}')"
        )

    def rival(self) -> Connection:
        """A session that holds the tables."""
        connection = self.connect()
        connection.execute("begin")
        archives = "".join(
            f", {name}" for (name,) in self.db.execute("select archive from pydb.archive_table")
        )
        connection.execute(f"lock table {TABLES}{archives} in access exclusive mode".encode())
        return connection


def nothing(place: Place, call: str) -> None:
    place.runner.start(call)


def unfit_session(place: Place, call: str) -> None:
    place.runner.connection.execute("set session_replication_role = replica")
    place.runner.start(call)


def kill_switch_before(place: Place, call: str) -> None:
    place.db.execute("select pydb.retention_pause()")
    place.runner.start(call)


def kill_switch_while_it_rests(place: Place, call: str) -> None:
    place.db.execute(
        "select pydb.setting_set('lock_timeout', '10 ms'), pydb.setting_set('retry_limit', '100')"
    )
    rival = place.rival()
    place.runner.start(call)
    if "scan" not in call:  # which does not wait for a table: it goes on with the next
        place.until_it_waits("Timeout")
    place.db.execute("select pydb.retention_pause()")
    place.runner.end()
    rival.rollback()


def locked_beyond_the_retries(place: Place, call: str) -> None:
    place.db.execute("select pydb.setting_set('lock_timeout', '10 ms'), pydb.setting_set('retry_limit', '1')")
    rival = place.rival()
    place.runner.start(call)
    place.runner.end()
    rival.rollback()


def cancel(place: Place, call: str) -> None:
    rival = place.rival()
    place.runner.start(call)
    place.until_it_waits("Lock")
    place.db.execute("select pg_cancel_backend(%s)", [place.runner.connection.info.backend_pid])
    place.runner.end()
    rival.rollback()


def statement_timeout(place: Place, call: str) -> None:
    rival = place.rival()
    place.runner.connection.execute("set statement_timeout = '300 ms'")
    place.runner.start(call)
    place.runner.end()
    rival.rollback()


def statement_timeout_before_it_begins(place: Place, call: str) -> None:
    """While what it is about is looked for, or old entries are sealed: before the loop that catches all."""
    rival = place.connect()
    rival.execute("begin; lock table pydb.audit_head in access exclusive mode")
    if call != "export":  # whose other half is a client of its own
        rival.execute(
            "lock table pydb.retention_policy, pydb.cascade_job, pydb.reference in access exclusive mode"
        )
    place.runner.connection.execute("set statement_timeout = '150 ms'")
    place.runner.start(call)
    place.runner.end()
    rival.rollback()


def missing_privilege(place: Place, call: str) -> None:
    place.runner.connection = place.limited()
    place.runner.start(call)


def two_at_once(place: Place, call: str) -> None:
    rival = place.rival()
    first = Runner(pydb_db.connect(place.runner.connection.info.dsn), place.runner.path)
    first.start(call)
    place.until(
        f"select exists (select from pg_stat_activity where pid = {first.connection.info.backend_pid}"
        " and wait_event_type = 'Lock')"
    )
    place.runner.start(call)
    place.runner.end()
    place.db.execute(
        "delete from pydb.job_run where state = 'running'"
    )  # its own end is not what is asked here
    place.db.execute("select pg_terminate_backend(%s)", [first.connection.info.backend_pid])
    first.end()
    first.connection.close()
    rival.rollback()


TROUBLES: Final = {
    "nothing": nothing,
    "unfit session": unfit_session,
    "kill switch before": kill_switch_before,
    "kill switch while it rests": kill_switch_while_it_rests,
    "table locked beyond the retries": locked_beyond_the_retries,
    "cancel": cancel,
    "statement_timeout": statement_timeout,
    "statement_timeout before it begins": statement_timeout_before_it_begins,
    "missing privilege": missing_privilege,
    "two at once": two_at_once,
}


@pytest.fixture
def place(
    request: pytest.FixtureRequest, db: Connection, dsn: str, connect: Connect, tmp_path: Path
) -> Iterator[Place]:
    for statement in SETUP.split(";"):
        if statement.strip():
            db.execute(statement.encode())

    def limited() -> Connection:
        # only who needs a role costs the rooms their shared database
        role: RoleFactory = request.getfixturevalue("role")
        name = role("limited")
        db.execute(
            f"grant usage on schema pydb, pydb_internal, app to {name};"
            f"grant execute on all routines in schema pydb, pydb_internal to {name};"
            f"grant select, insert, update, delete on all tables in schema pydb, pydb_internal to {name};"
            f"grant select on app.event, app.parent, app.child to {name}".encode()
        )
        runner.connection.close()
        return pydb_db.connect(psycopg.conninfo.make_conninfo(dsn, user=name))

    exports = request.node.callspec.params["kind"] == "export"
    runner = Runner(pydb_db.connect(dsn) if exports else connect(), tmp_path)
    yield Place(db, connect, runner, limited)
    reuse.leave(runner.connection)


def test_the_table_has_every_trouble_and_every_kind() -> None:
    assert set(table()) == {(trouble, kind) for trouble in TROUBLES for kind in CALLS}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_ends_a_run_as_the_table_says(place: Place, trouble: str, kind: str) -> None:
    expected = table()[trouble, kind]
    for statement in NEEDS.get(kind, "").split(";"):
        if statement.strip():
            place.db.execute(statement.encode())
    TROUBLES[trouble](place, CALLS[kind])
    place.runner.end()
    rows = place.db.execute("select state, stop_reason, finished_at is not null from pydb.job_run").fetchall()
    assert len(rows) == 1
    ((state, reason, is_finished),) = rows
    raised = place.runner.error.sqlstate if place.runner.error is not None else None
    seen = f"{state} ({reason})" + (f", `{raised}`" if raised else "")
    assert (seen, is_finished) == (expected, True), place.runner.warnings
    if raised is None and state != "completed":
        assert any(f"{state} ({reason})" in text for text in place.runner.warnings)


@pytest.mark.parametrize("cell", sorted(set(table().values())))
def test_the_exit_codes_of_the_page_are_those_of_the_command(cell: str) -> None:
    found = CELL.match(cell)
    assert found is not None, cell
    state, _, code = found.groups()
    page = PAGE.read_text("utf-8")
    said = re.search(rf"^\| `{state}` \| (\d+) \|", page, re.MULTILINE)
    assert said is not None, f"no exit code for {state}"
    if code:
        assert errors.error_class(code).exit_code == int(said[1])
