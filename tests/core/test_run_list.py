"""pydb.run_list: runs of every kind, whether somebody is at them, how far they are, and what to type next."""

from __future__ import annotations

import itertools
import re
import shlex
from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from pydb import cli, errors, runs

if TYPE_CHECKING:
    from tests.conftest import Connection
    from tests.faults.lab import Lab

SUBJECTS = {
    "retention": "events",
    "cascade": "job 5",
    "orphans": "repair app.child.parent_id_ref",
    "idempotency": "keys",
    "archive": "events",
}
REASONS = (
    *("row_budget", "time_budget", "window", "fuse", "governor", "held", "locked", "referenced", "paused"),
    *("kill_switch", "no_progress", "standby", "error", "cancelled"),
)


def log(
    db: Connection,
    subject: str = "events",
    state: str = "partial",
    reason: str | None = "row_budget",
    *,
    kind: str = "retention",
    dry_run: bool = False,
    detail: object = None,
    sqlstate: str | None = None,
    rows: tuple[int | None, int] = (100, 25),
) -> int:
    """Write a run into the log; gives its id."""
    row = db.execute(
        "insert into pydb.job_run (kind, subject, dry_run, state, stop_reason, rows_planned, rows_done,"
        " started_at, heartbeat_at, finished_at, sqlstate, detail)"
        " values (%s, %s, %s, %s, %s, %s, %s, now(), now(),"
        " case when %s::text is not null then now() end, %s, %s) returning id",
        (kind, subject, dry_run, state, reason, *rows, reason, sqlstate, Jsonb(detail or {})),
    ).fetchone()
    assert row is not None
    return int(row[0])


def step(db: Connection, run: int) -> str | None:
    """What the view says is next."""
    row = db.execute("select next_step from pydb.run_list where id = %s", (run,)).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


def commands(text: str) -> list[list[str]]:
    """The commands in a sentence, each as words of a shell."""
    return [shlex.split(found) for found in re.findall(r"pydb [^;]+", text)]


def test_kinds_and_states_are_those_of_the_log(db: Connection) -> None:
    for name, members in (("kind", runs.Kind), ("state", runs.State)):
        row = db.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = %s",
            (f"job_run_{name}_check",),
        ).fetchone()
        assert row is not None
        assert set(re.findall(r"'(\w+)'", row[0])) == {member.value for member in members}


def test_every_next_step_is_a_command_that_there_is(db: Connection) -> None:
    build = cli._build()
    told = 0
    for kind, reason, dry_run in itertools.product(SUBJECTS, REASONS, (False, True)):
        subject = SUBJECTS[kind]
        run = log(db, subject, "blocked", reason, kind=kind, dry_run=dry_run, detail={"mode": "delete"})
        text = step(db, run)
        assert text is not None
        for _, group, verb, *words in commands(text):
            told += 1
            command = build.get_command(None, group).commands[verb]
            # parses what stands there, as the command would
            with command.make_context(verb, list(words), resilient_parsing=False) as ctx:
                assert ctx.args == []
    assert told > 50


def test_what_ended_well_needs_nothing_and_a_later_run_takes_over(db: Connection) -> None:
    first = log(db)
    assert "pydb retention run events" in str(step(db, first))
    log(db, "others", "completed", "exhausted")
    log(db, state="skipped", reason="held")
    log(db, dry_run=True)
    log(db, kind="orphans", state="completed", reason="exhausted")
    assert "pydb retention run events" in str(step(db, first))  # none of these has done what it left
    done = log(db, state="completed", reason="exhausted")
    assert (step(db, first), step(db, done)) == (None, None)


@pytest.mark.parametrize("name", ["my events", "it's", "a$(b)", "-x", "größe", "a;b"])
def test_a_name_is_one_word_of_the_shell(db: Connection, name: str) -> None:
    end = ["--"] if name.startswith("-") else []  # it would be taken for an option
    text = step(db, log(db, name))
    assert text is not None
    assert shlex.split(text[text.index("pydb ") :]) == ["pydb", "retention", "run", *end, name]
    text = step(db, log(db, name, dry_run=True))
    assert text is not None
    words = ["--dry-run", "--", name] if end else [name, "--dry-run"]
    assert shlex.split(text[text.index("pydb ") :]) == ["pydb", "retention", "run", *words]


@pytest.mark.parametrize(
    ("kind", "subject", "detail", "command"),
    [
        ("retention", "events", {}, "pydb retention run events"),
        ("cascade", "job 7", {}, "pydb cascade resume 7"),
        ("orphans", "scan", {}, "pydb orphans scan"),
        ("orphans", "scan app.a.b", {}, "pydb orphans scan app.a.b"),
        (
            "orphans",
            "repair app.a.b",
            {"mode": "quarantine"},
            "pydb orphans repair app.a.b --mode quarantine",
        ),
    ],
)
def test_each_kind_goes_on_by_its_own_command(
    db: Connection, kind: str, subject: str, detail: object, command: str
) -> None:
    text = step(db, log(db, subject, reason="time_budget", kind=kind, detail=detail))
    assert text is not None
    assert text.endswith(command)
    rehearsed = step(db, log(db, subject, reason="time_budget", kind=kind, detail=detail, dry_run=True))
    assert rehearsed is not None
    assert sorted(rehearsed.partition("to go on: ")[2].split()) == sorted([*command.split(), "--dry-run"])


def test_an_error_is_answered_with_its_own_hint(db: Connection) -> None:
    hint = "call pydb.orphan_repair('app.a.b', 'nullify');"
    run = log(db, "repair app.a.b", "blocked", "error", kind="orphans", detail={"hint": hint})
    assert step(db, run) == hint
    run = log(db, "other", "failed", "error")
    assert commands(str(step(db, run))) == [["pydb", "runs", "show", str(run)]]


@pytest.mark.parametrize(
    ("state", "rows", "detail", "expected"),
    [
        ("partial", (100, 25), {}, "0.2500"),
        ("partial", (3, 1), {}, "0.3333"),
        ("partial", (100, 250), {}, "1.0000"),
        ("partial", (0, 0), {}, "None"),
        ("partial", (None, 5), {}, "None"),
        ("completed", (None, 0), {}, "1"),
        ("partial", (None, 0), {"references": 8, "finished": 2}, "0.2500"),
        ("partial", (None, 0), {"references": 0, "finished": 0}, "None"),
    ],
)
def test_progress(
    db: Connection, state: str, rows: tuple[int | None, int], detail: object, expected: str
) -> None:
    reason = "exhausted" if state == "completed" else "row_budget"
    run = log(db, state=state, reason=reason, rows=rows, detail=detail)
    (found,) = db.execute("select progress from pydb.run_list where id = %s", (run,)).fetchall()
    assert str(found[0]) == expected


def test_a_run_whose_process_is_gone_is_told_from_one_that_runs(lab: Lab) -> None:
    lab.table()
    lab.policy()
    query = "select is_dead from pydb.run_list where subject = 'events' order by id limit 1"
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        (live,) = lab.runs()
        assert lab.value(query) is False
        assert commands(str(step(lab.db, live.id))) == [["pydb", "runs", "show", str(live.id)]]
        lab.start().succeeded()
        beside = next(row.id for row in lab.runs() if row.state == "skipped")
        listed = ["pydb", "runs", "list", "--state", "running", "--kind", "retention"]
        assert commands(str(step(lab.db, beside))) == [listed]
        lab.db.execute("select pg_terminate_backend(%s)", (run.pid,))
        run.failed()
        lab.until_gone(run.pid)
        assert lab.value(query) is True
        for left in (live.id, beside):
            assert commands(str(step(lab.db, left))) == [["pydb", "retention", "run", "events"]]
    lab.run().succeeded()
    assert lab.value(query) is False
    assert [row.state for row in lab.runs()] == ["interrupted", "skipped", "completed"]
    assert step(lab.db, live.id) is None


def test_python_filters(db: Connection, dsn: str) -> None:
    from pydb import db as database

    old = log(db, "old", "completed", "exhausted")
    db.execute("update pydb.job_run set finished_at = now() - interval '3 hours' where id = %s", (old,))
    a, b = log(db, "events"), log(db, "events", "failed", "error")
    job = log(db, "job 7", kind="cascade")
    live = log(db, "repair app.a.b", "running", None, kind="orphans")
    c = log(db, "events", "completed", "exhausted")
    with database.connect(dsn) as conn:

        def ids(**wanted: object) -> list[int]:
            return [run.id for run in runs.latest(conn, **wanted)]  # type: ignore[arg-type]

        assert ids() == [live, c, job, b, a, old]
        assert ids(limit=2) == [live, c]
        assert ids(kind="retention") == [c, b, a, old]
        assert ids(kind=runs.Kind.CASCADE, states=[runs.State.PARTIAL]) == [job]
        assert ids(states=["failed", "running"]) == [live, b]
        assert ids(subject="events") == [c, b, a]
        assert ids(subject="7") == [job]
        assert ids(subject="app.a.b") == [live]
        assert ids(since="2 hours") == [live, c, job, b, a]
        assert ids(since="2999-01-01") == [live]
        assert ids(since="yesterday", limit=1) == [live]
        assert ids(subject="%") == []
        with pytest.raises(errors.UsageError):
            ids(since="a while ago")
        assert [run.id for run in runs.summaries(conn, [c, a, 4711])] == [a, c]
        assert (runs.run(conn, b).state, runs.audit(conn, b)) == ("failed", [])
        with pytest.raises(errors.UnknownName) as unknown:
            runs.run(conn, 4711)
        assert (unknown.value.sqlstate, unknown.value.hint) == ("YD002", "pydb runs list")
