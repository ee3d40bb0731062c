"""``pydb demo`` as a user runs it: a process of its own, its output, its exit code, and what it leaves."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pydb import db, references, retention
from pydb.demo import example
from pydb.demo.proof import compare
from pydb.demo.runner import refuse_if_in_use
from pydb.errors import UsageError
from tests import forked

TIMEOUT = 240
OF_A_DATASET = (
    "telemetry.alerts",
    "telemetry.dataset_score_jobs",
    "telemetry.dataset_scores",
    "telemetry.generation_runs",
    "telemetry.host_telemetry_archival",
    "trading.decisions",
    "trading.model_runs",
)
KINDS = ("locked", "referenced", "no time", "infinity")


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "pydb", "demo", *args]


def environment(**more: str) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYDB_", "PG"))}
    return {**inherited, "PYTHONPATH": root, **more}


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    code, out, err = forked.run(
        ["demo", *args], stdin=b"", env=environment(**env), cwd=Path.cwd(), timeout=TIMEOUT
    )
    return subprocess.CompletedProcess(args, code, out.decode(), err.decode())


# who has pydb on his PATH is told to type `pydb`
ON_PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `pydb` is a command that need not import everything anew."""
    forked.install(tmp_path / "pydb")
    return f"{tmp_path}:{ON_PATH}"


def check_what_it_shows(shown: str) -> None:
    """All that is told of a run with 8,000 rows on a server of its own."""
    assert shown.splitlines()[0].startswith("pydb ")
    assert "PostgreSQL 18." in shown
    assert "Plain SQL, written by hand (pydb/demo/expected.sql), counts exactly the same." in shown
    assert "What was deleted is what was planned, row for row." in shown
    assert 'trading."Abrechnungsläufe"' in shown
    deleted = re.search(r"^   ([\d,]+) rows deleted, ", shown, re.MULTILINE)
    told = re.search(r"the ([\d,]+) of the dry run, less 1 row that was locked\.$", shown, re.MULTILINE)
    assert deleted is not None
    assert told is not None
    assert int(deleted[1].replace(",", "")) == int(told[1].replace(",", "")) - 1
    assert re.search(r"^trading.match_pairs .* cascade *$", shown, re.MULTILINE)
    assert re.search(r"^   by: .*heap.*index", shown, re.MULTILINE)
    assert not re.search(r"\b\d{4,} rows", shown)
    for kind in KINDS:
        assert re.search(rf"^   {kind}  ", shown, re.MULTILINE), kind
    assert re.search(
        r"^   trade_events +partial +[\d,]+ rows in .*; locked: 1 row stayed$", shown, re.MULTILINE
    )
    assert re.search(r"^   trade_events +completed +1 row in ", shown, re.MULTILINE)
    assert "\x1b" not in shown
    for line in (
        r"\|-- telemetry.alerts +[\d,]+ rows  delete   dataset_id_ref \(cascade, logical\)",
        r"\|-- telemetry.host_telemetry_archival +[\d,]+ rows  delete   dataset_id_ref \(cascade, logical\)",
        r"`-- trading.model_runs +[\d,]+ rows  delete   model_runs_dataset_id_fkey \(no action\)",
        r"    `-- trading.decisions +[\d,]+ rows  delete   decisions_model_run_id_fkey \(restrict\)",
        r"        `-- trading.trade_events +[\d,]+ rows  nullify  trade_events_decision_id_fkey \(set null\)",
    ):
        assert re.search(rf"^   {line}$", shown, re.MULTILINE), line
    would = re.search(r"^   would delete ([\d,]+) rows in 7 tables, set", shown, re.MULTILINE)
    assert would is not None
    assert f"(pydb/demo/dataset.sql), finds the same {would[1]} rows." in shown
    assert f"   deleted {would[1]} rows in 7 tables, set " in shown


def work_of(pid: int) -> float:
    """Seconds of processor time that a process and the children that it waited for have taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def test_the_first_line_comes_at_once() -> None:
    with subprocess.Popen(
        command("--rows", "1"), env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        # what it worked until then; how long that takes depends on who else works
        took = work_of(process.pid)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT)
    assert first.startswith("pydb ")
    assert took < 2
    assert process.returncode == 130


def test_on_a_server_of_its_own_that_keep_leaves_up_until_ctrl_c(path: str) -> None:
    # a database that the environment names is none of the demo's business
    elsewhere = environment(PYDB_DSN="host=/nonexistent dbname=production", PATH=ON_PATH)
    with subprocess.Popen(
        command("--rows", "8000", "--keep"), env=elsewhere, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        dsn, told, shown = "", [], ""
        for line in process.stdout:
            shown += line
            told.append(line.strip())
            if found := re.match(r" +export PYDB_DSN=(.*)", line):
                (dsn,) = shlex.split(found[1])
            if "Ctrl-C" in line:
                break
        assert dsn, told
        check_what_it_shows(shown)
        with psycopg.connect(dsn) as conn:
            assert conn.execute("select count(*) > 0 from pydb.job_run").fetchone() == (True,)
        # the four things to try are commands that work
        for line in told[told.index(next(t for t in told if t.startswith("export"))) + 1 :][:4]:
            tried = subprocess.run(
                ["sh", "-c", line],
                env=environment(PYDB_DSN=dsn, PATH=path),
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert tried.returncode == 0, (line, tried.stderr)
            assert ("generation_runs" if "cascade" in line else "raw_events") in tried.stdout
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)


def take_away(shown: str, dsn: str, path: str) -> None:
    """Type what the end of the output says, and see that nothing of the example is left."""
    lines = shown.splitlines()
    start = next(number for number, line in enumerate(lines) if "To take it away again" in line)
    for line in lines[start + 1 :]:
        tried = subprocess.run(
            ["sh", "-c", line],
            env=environment(PYDB_DSN=dsn, PATH=path),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert tried.returncode == 0, (line, tried.stderr)
    with db.connect(dsn) as conn:
        assert example.present_schemas(conn) == []


def test_in_a_database_of_the_users(empty_dsn: str, path: str) -> None:
    done = run("--rows", "8000", "--dsn", empty_dsn, "--yes", PATH=ON_PATH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "What was deleted is what was planned" in done.stdout
    with db.connect(empty_dsn) as conn:
        kept = example.counts(conn)
    # once more: its own tables would be in the way
    again = run("--rows", "8000", "--dsn", empty_dsn, "--yes")
    assert again.returncode == 64
    assert "there already: telemetry, trading" in again.stderr
    with db.connect(empty_dsn) as conn:
        assert example.counts(conn) == kept
        with conn.transaction(force_rollback=True):
            db.run_script(conn, "drop schema telemetry, trading cascade")
            # and without them its entity would be, and its policies
            with pytest.raises(UsageError, match="an entity dataset of its own"):
                refuse_if_in_use(conn, "theirs")
            references.entity_drop(conn, "dataset")
            with pytest.raises(UsageError, match="policies of its own") as refused:
                refuse_if_in_use(conn, "theirs")
            assert "raw_events" in str(refused.value.detail)
    take_away(done.stdout, empty_dsn, path)
    with db.connect(empty_dsn) as conn:
        assert db.run_query(conn, "select 1 as one from pg_namespace where nspname = 'pydb'") == []


def test_where_pydb_was_before_it_stays_and_json_is_one_document(dsn: str, path: str) -> None:
    done = run("--rows", "1", "--json", "--dsn", dsn, "--yes", PATH=ON_PATH)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["document"], document["exit_code"], document["holds"]) == ("demo", 0, True)
    locked = [line for line in document["relations"] if line["locked"]]
    assert [line["relation"] for line in locked] == [example.LOCKED_RELATION]
    assert all(line["before"] - line["deleted"] == line["left"] for line in document["relations"])
    assert all(line["planned"] == line["deleted"] for line in document["dataset"])
    assert {line["relation"] for line in document["dataset"] if line["deleted"]} == set(OF_A_DATASET)
    before = {line["relation"]: line["left"] for line in document["relations"]}
    before[example.LOCKED_RELATION] -= 1  # the last run took it
    assert {line["relation"]: line["before"] for line in document["dataset"]} == before
    assert {run["subject"] for run in document["runs"]} >= {"raw_events", "trade_events", "match_runs"}
    assert "Proof" in done.stderr
    assert "1 did the work, 49 got its answer; runs started: 1; answers: tune_id" in done.stderr
    assert "the same key with another request: refused" in done.stderr
    take_away(done.stderr, dsn, path)
    with db.connect(dsn) as conn:
        assert not [policy for policy in retention.policies(conn) if not policy.builtin]
        assert references.entities(conn) == []
        assert references.references(conn) == []


def test_in_a_database_of_the_users_asks_first(empty_dsn: str) -> None:
    done = run("--rows", "1", "--dsn", empty_dsn)
    assert done.returncode == 64
    assert "--yes" in done.stderr
    with db.connect(empty_dsn) as conn:
        found = db.run_query(
            conn, "select 1 as one from pg_namespace where nspname in ('pydb', 'pydb_internal', 'telemetry')"
        )
    assert found == []


def test_a_proof_that_does_not_hold_is_a_failure(dsn: str) -> None:
    with db.connect(dsn) as conn:
        # somebody's trigger keeps the quotes alive; nobody knows of it when the example is loaded
        db.run_script(
            conn,
            """
            create function public.keep() returns trigger language plpgsql as 'begin return null; end';
            create function public.meddle() returns event_trigger language plpgsql as $$
            begin
                if to_regclass('trading.quotes_expires_at_idx') is not null and not exists (
                    select 1 from pg_trigger where tgname = 'keep'
                ) then
                    create trigger keep before delete on trading.quotes
                    for each row execute function public.keep();
                end if;
            end
            $$;
            create event trigger meddle on ddl_command_end when tag in ('CREATE INDEX')
            execute function public.meddle();
            """,
        )
    done = run("--rows", "1", "--dsn", dsn, "--yes")
    assert done.returncode == 2, done.stdout + done.stderr
    assert re.search(r"^trading.quotes .*NO *$", done.stdout, re.MULTILINE)
    assert "What was deleted is NOT what was planned" in done.stdout


def test_keep_and_dsn_exclude_each_other() -> None:
    done = run("--keep", "--dsn", "dbname=x")
    assert done.returncode == 64


def test_a_comparison_leaves_no_table_out() -> None:
    lines = compare(
        before={"a": 10, "b": 5, "c": 1},
        planned={"a": 4, "d": 2},
        locked={"a": 1},
        after={"a": 7, "b": 4, "c": 1, "e": 3},
    )
    assert {line.relation: line.holds for line in lines} == {
        "a": True,  # all but the locked one
        "b": False,  # one gone that nobody planned
        "c": True,
        "d": False,  # planned, but there was nothing
        "e": False,  # a table that appeared
    }
