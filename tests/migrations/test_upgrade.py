"""Up, down and the script for psql, on real servers."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from pydb import errors, migrate, scripts, sources
from tests.cli.conftest import Cli
from tests.migrations.conftest import planted
from tests.migrations.tree import Lines, Tree, has_pydb, lines, rows
from tests.servers import PAUSE, forget, migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Connect, Connection, RoleFactory
    from tests.servers import CronServer, TestServer

HISTORY = sources.history()
HEAD = HISTORY[-1].revision
RAISES = " language plpgsql as $$ begin raise exception 'trapped'; end $$"
NEXT = f"{len(HISTORY) + 1:04}"


def quiet(_text: str) -> None:
    pass


@pytest.fixture
def psql(server: TestServer) -> Callable[[str, str], subprocess.CompletedProcess[str]]:
    """Pipes a script through the server's own psql."""

    def run(dsn: str, script: str) -> subprocess.CompletedProcess[str]:
        command = [str(server.bin_dir / "psql"), "-X", "-q", dsn]
        return subprocess.run(command, input=script, capture_output=True, text=True, check=False)

    return run


def rich_change(tree: Tree) -> None:
    """Revisions after the newest: a table, a view, a trigger, changed and dropped routines."""
    tree.routine("test_kept", "'100%'", result="text")
    tree.routine("test_gone")
    tree.freeze("two routines")
    tables = tree.sql / "core" / sources.TABLES
    text = tables.read_text("utf-8")
    tree.write(tables, text.replace("    updated_by text", "    note text,\n    updated_by text", 1))
    tree.routine("test_kept", "p_a", arguments="p_a text default ':name'", result="text")
    (tree.sql / "core/test_gone.sql").unlink()
    (tree.sql / "core/test_view.sql").write_text(
        "create or replace view pydb.test_view as\n"
        "select name, pydb.test_kept(value) as kept from pydb.setting;\n"
    )
    (tree.sql / "core/_test_trigger.sql").write_text(
        "create or replace function pydb._test_trigger() returns trigger language plpgsql as $$\n"
        "begin new.description := new.description || '!'; return new; end $$;\n"
        "create or replace trigger test_trigger before update on pydb.setting\n"
        "for each row execute function pydb._test_trigger();\n"
    )
    folder = tree.freeze("all kinds")
    (folder / sources.UPGRADE).write_text(
        "drop routine pydb.test_kept;\nalter table pydb.setting add note text;\n"
    )
    (folder / sources.DOWNGRADE).write_text(
        "-- destroys: the notes of settings\n"
        "drop routine pydb.test_kept;\nalter table pydb.setting drop note;\n"
    )


@pytest.fixture(scope="module")
def rich(seed: Path, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A tree with two revisions more than there are, for tests that only read it."""
    tree = planted(seed, tmp_path_factory.mktemp("rich"), sources.history(seed))
    rich_change(tree)
    return tree


@pytest.fixture
def rewrite() -> Iterator[Callable[[Path, str, str], None]]:
    """Replace a text in a file for one test."""
    before: dict[Path, str] = {}

    def act(path: Path, old: str, new: str) -> None:
        before[path] = path.read_text("utf-8")
        assert old in before[path]
        path.write_text(before[path].replace(old, new), "utf-8")

    yield act
    for path, text in before.items():
        path.write_text(text, "utf-8")


def test_a_fresh_database_gets_everything(
    empty_dsn: str, server: TestServer, stepwise: Callable[[str], str]
) -> None:
    done = migrate.up(empty_dsn)
    assert (done.before, done.after) == (None, HEAD)
    assert done.steps == tuple(step.revision for step in HISTORY)
    assert migrate.check(empty_dsn) == []
    assert {item.state for item in migrate.revisions(empty_dsn)} == {"applied"}
    # at once or one by one is the same, to the records of what each revision made
    assert rows(empty_dsn) == rows(server.dsn(stepwise(HEAD)))


def test_a_second_upgrade_changes_nothing(dsn: str) -> None:
    before = rows(dsn)
    done = migrate.up(dsn)
    assert (done.steps, done.before, done.after) == ((), HEAD, HEAD)
    assert rows(dsn) == before


def test_migrations_make_what_the_sources_say(dsn: str, empty_dsn: str, tree: Tree) -> None:
    with psycopg.connect(empty_dsn) as connection:
        for name in ("settings.sql", "schema.sql"):
            connection.execute(scripts.script_text(name).encode())
        for path in sources.load_order(tree.sql):
            connection.execute(path.read_bytes())

    def but_version_table(dsn: str) -> Lines:
        return {key: line for key, line in lines(dsn).items() if key[1] != "pydb.alembic_version"}

    assert but_version_table(dsn) == but_version_table(empty_dsn)


@pytest.mark.parametrize("step", HISTORY, ids=lambda step: step.revision)
def test_stairway(step: sources.Revision, server: TestServer, stepwise: Callable[[str], str]) -> None:
    before = lines(server.dsn(stepwise(step.down_revision))) if step.down_revision else None
    # the way up from there has made what is copied
    with server.database(migrated=False, template=stepwise(step.revision)) as database:
        dsn = database.dsn
        reached = rows(dsn)
        migrate.down(dsn, step.down_revision or "base", destroy=True)
        assert (lines(dsn) if has_pydb(dsn) else None) == before
        migrate.up(dsn, step.revision)
        assert rows(dsn) == reached
        assert {finding.state for finding in migrate.check(dsn)} <= {"behind"}


def test_all_kinds_of_changes_go_up_and_down_and_data_stays(dsn: str, rich: Tree) -> None:
    middle, newest = f"{len(HISTORY) + 1:04}", f"{len(HISTORY) + 2:04}"
    with psycopg.connect(dsn) as connection:
        connection.execute("insert into pydb.setting (name, value, description) values ('mine', 'x', 'y')")
    start = lines(dsn)
    migrate.up(dsn, middle, migrations=rich.migrations)
    between = lines(dsn)
    assert migrate.up(dsn, "+1", migrations=rich.migrations).steps == (newest,)
    reached = lines(dsn)
    assert ("routine", "pydb.test_gone()", "body") not in reached
    assert ("trigger", "test_trigger on pydb.setting", "definition") in reached
    assert migrate.check(dsn, migrations=rich.migrations) == []
    with psycopg.connect(dsn) as connection:
        connection.execute("update pydb.setting set value = '1' where name = 'mine'")
        seen = connection.execute("select description, note from pydb.setting where name = 'mine'").fetchone()
        assert seen == ("y!", None)
    migrate.down(dsn, "-1", destroy=True, migrations=rich.migrations)
    assert lines(dsn) == between
    assert [f.state for f in migrate.check(dsn, migrations=rich.migrations)] == ["behind"]
    migrate.up(dsn, migrations=rich.migrations)
    assert lines(dsn) == reached
    migrate.down(dsn, HEAD, destroy=True, migrations=rich.migrations)
    assert lines(dsn) == start
    assert migrate.check(dsn) == []
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select value from pydb.setting where name = 'mine'").fetchone() == ("1",)


def test_down_to_base_removes_the_schema(db: Connection, dsn: str, empty_dsn: str, sapling: Tree) -> None:
    with pytest.raises(migrate.WouldDestroy, match="all policies"):
        migrate.down(dsn, "base")
    assert migrate.check(dsn) == []
    # what users built on pydb stops it and is named
    db.execute("create view public.mine as select * from pydb.job_run")
    with pytest.raises(errors.PydbError, match="mine") as caught:
        migrate.down(dsn, "base", destroy=True)
    assert caught.value.sqlstate == "2BP01"
    assert migrate.check(dsn) == []
    db.execute("drop view public.mine")
    # even where no revision has anything to drop
    migrate.up(empty_dsn, migrations=sapling.migrations)
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute("create view public.mine as select name from pydb.setting")
    with pytest.raises(errors.PydbError, match="mine") as caught:
        migrate.down(empty_dsn, "base", destroy=True, migrations=sapling.migrations)
    assert caught.value.sqlstate == "2BP01"
    assert has_pydb(empty_dsn)
    # what others put into the schema is named before it goes too
    db.execute("create table pydb.backup as select * from pydb.setting")
    with pytest.raises(migrate.WouldDestroy, match=r"all policies.*; table pydb\.backup"):
        migrate.down(dsn, "base")
    done = migrate.down(dsn, "base", destroy=True)
    assert (done.before, done.after) == (HEAD, None)
    assert not has_pydb(dsn)
    assert migrate.down(dsn, "base", destroy=True).steps == ()
    assert not has_pydb(dsn)


def test_dry_runs_leave_nothing_behind(empty_dsn: str, sapling: Tree, tmp_path: Path) -> None:
    sapling.routine("test_first")
    sapling.freeze("a second one")
    done = migrate.up(empty_dsn, dry_run=True, migrations=sapling.migrations)
    assert done.dry_run
    assert done.steps == ("0001", "0002")
    assert not has_pydb(empty_dsn)
    migrate.up(empty_dsn, "0001", migrations=sapling.migrations)
    before = rows(empty_dsn)
    said = Cli(empty_dsn, tmp_path)("migrate", "down", "--to", "base", "--dry-run", "--json")
    assert said.document["dry_run"]
    assert any("0001: all policies" in str(what) for what in cast("list[object]", said.document["destroys"]))
    said = Cli(empty_dsn, tmp_path)("migrate", "down", "--to", "base", "--dry-run")
    assert "would destroy 0001: all policies" in said.out
    assert "destroyed" not in said.out
    assert rows(empty_dsn) == before


@pytest.mark.parametrize("target", ["7777", "nonsense", "+99", "-99"])
def test_an_unknown_target_is_refused(dsn: str, target: str) -> None:
    with pytest.raises(errors.UsageError, match="revision"):
        migrate.up(dsn, target)


def test_the_script_for_psql_makes_the_same(
    empty_dsn: str, dsn: str, rich: Tree, psql: Callable[[str, str], subprocess.CompletedProcess[str]]
) -> None:
    script = migrate.script(migrations=rich.migrations)
    statements = [line for line in script.splitlines() if line and not line.startswith(("--", "\\"))]
    assert statements[:2] == ["begin;", "create schema pydb;"]
    assert [line for line in statements if line.lower() in ("begin;", "commit;")] == ["begin;", "commit;"]
    assert script.splitlines()[1] == "\\set ON_ERROR_STOP on"
    run = psql(empty_dsn, script)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "", "")
    migrate.up(dsn, migrations=rich.migrations)
    assert lines(empty_dsn) == lines(dsn)
    forget(empty_dsn)  # as whoever is copied
    assert rows(empty_dsn) == rows(dsn)
    assert migrate.check(empty_dsn, migrations=rich.migrations) == []
    again = psql(empty_dsn, script)
    assert again.returncode == 3
    assert "already exists" in again.stderr


def test_scripts_between_revisions(
    dsn: str, rich: Tree, psql: Callable[[str, str], subprocess.CompletedProcess[str]]
) -> None:
    start = lines(dsn)
    newest = f"{len(HISTORY) + 2:04}"
    up = migrate.script(HEAD, newest, migrations=rich.migrations)
    assert psql(dsn, up).returncode == 0
    assert migrate.check(dsn, migrations=rich.migrations) == []
    refused = psql(dsn, up)
    assert refused.returncode == 3
    assert f"not at revision {HEAD}" in refused.stderr
    run = psql(dsn, migrate.script(newest, HEAD, migrations=rich.migrations))
    assert (run.returncode, run.stderr) == (0, "")
    assert lines(dsn) == start
    assert migrate.check(dsn) == []
    run = psql(dsn, migrate.script(HEAD, "base"))
    assert (run.returncode, run.stderr) == (0, "")
    assert not has_pydb(dsn)


def test_of_two_upgrades_at_once_one_waits_and_finds_nothing_to_do(empty_dsn: str, sapling: Tree) -> None:
    waiting = threading.Event()
    told: list[str] = []

    def notify(text: str) -> None:
        told.append(text)
        waiting.set()

    def upgrade() -> migrate.Migration:
        return migrate.up(empty_dsn, notify=notify, migrations=sapling.migrations)

    with ThreadPoolExecutor() as pool, psycopg.connect(empty_dsn) as blocker:
        # whoever comes first stops at its "create schema", with the lock of migrations held
        blocker.execute("create schema pydb")
        first: Future[migrate.Migration] = pool.submit(upgrade)
        until(empty_dsn, "select count(*) = 1 from pg_locks where locktype = 'transactionid' and not granted")
        second: Future[migrate.Migration] = pool.submit(upgrade)
        assert waiting.wait(30)
        blocker.rollback()
        assert first.result(60).steps == ("0001",)
        assert second.result(60).steps == ()
    assert len(told) == 1
    assert "another migration of this database is running (pid" in told[0]
    assert migrate.check(empty_dsn, migrations=sapling.migrations) == []


def until(dsn: str, condition: str) -> None:
    """Ask the server until ``condition`` holds; the test's own time limit ends it otherwise."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute(condition.encode()).fetchone() != (True,):
            time.sleep(PAUSE)


def test_a_newer_database_is_refused_and_not_changed(db: Connection, dsn: str) -> None:
    db.execute("update pydb.alembic_version set version_num = '9999'")
    before = rows(dsn)
    with pytest.raises(errors.DatabaseNewer, match="9999") as caught:
        migrate.up(dsn)
    assert caught.value.sqlstate == "YD011"
    with pytest.raises(errors.DatabaseNewer, match="9999"):
        migrate.down(dsn, "base", destroy=True)
    assert rows(dsn) == before
    assert [(f.state, f.identity) for f in migrate.check(dsn)] == [("newer", "9999")]
    assert migrate.revisions(dsn)[-1].state == "unknown"


def broken(tree: Tree) -> None:
    tree.routine("test_first")
    folder = tree.freeze("breaks")
    (folder / sources.UPGRADE).write_text(
        "create table pydb.half (id bigint);\n"
        "update pydb.setting set value = 'x' where name = 'kill_switch';\n\n"
        "select 1 / 0;\n"
    )


def test_a_failing_revision_leaves_the_database_as_it_was(dsn: str, tree: Tree) -> None:
    before = rows(dsn)
    broken(tree)
    with pytest.raises(errors.PydbError, match=f"{NEXT}_breaks/upgrade.sql") as caught:
        migrate.up(dsn, migrations=tree.migrations)
    assert caught.value.sqlstate == "22012"
    assert caught.value.exit_code == errors.ExitCode.FAILED
    assert rows(dsn) == before
    assert migrate.check(dsn) == []


def test_a_failing_last_revision_of_an_installation_leaves_nothing(empty_dsn: str, sapling: Tree) -> None:
    broken(sapling)
    with pytest.raises(errors.PydbError, match="division by zero"):
        migrate.up(empty_dsn, migrations=sapling.migrations)
    assert not has_pydb(empty_dsn)


def test_the_line_of_a_failing_statement_is_named(dsn: str, tree: Tree) -> None:
    tree.routine("test_first")
    folder = tree.freeze("breaks")
    (folder / sources.UPGRADE).write_text("-- one\n-- two\nselect nothing_of_the_sort;\n")
    with pytest.raises(errors.PydbError, match=r"upgrade\.sql, line 3"):
        migrate.up(dsn, migrations=tree.migrations)
    # of files that go to the server at once it is told as well, with the line where the server knows one
    (folder / sources.UPGRADE).unlink()
    names = [f"test_{number:03}" for number in range(120)]
    texts = {name: tree.routine(name, "'é'", result="text").read_bytes() for name in names}
    frozen = folder / "core"
    for name, text in texts.items():
        (frozen / f"{name}.sql").write_bytes(text)
    for name, statement, expected in (
        ("test_000", "select 'one';\n", None),
        ("test_060", "-- é\nselect nothing_of_the_sort;\n", r"core/test_060\.sql, line 2$"),
        ("test_060", "-- é\n\nselct 1;\n", r"core/test_060\.sql, line 3$"),  # before any of them was run
        ("test_060", "", None),
        ("test_119", "do $$ begin perform 1 / 0; end $$;\n", r"core/test_119\.sql$"),
    ):
        (frozen / f"{name}.sql").write_bytes(statement.encode() + texts[name])
        if expected is not None:
            with pytest.raises(errors.PydbError, match="in ") as caught:
                migrate.up(dsn, migrations=tree.migrations)
            assert re.search(expected, str(caught.value.detail)), caught.value.detail


@pytest.mark.parametrize("end", ["select pg_terminate_backend(%s)", "select pg_cancel_backend(%s)"])
def test_an_upgrade_that_is_ended_midway_leaves_nothing(empty_dsn: str, sapling: Tree, end: str) -> None:
    sapling.routine("test_first")
    folder = sapling.freeze("waits")
    (folder / sources.UPGRADE).write_text(
        "create table pydb.half (id bigint);\nselect pg_advisory_xact_lock(42);\n"
    )
    with ThreadPoolExecutor() as pool, psycopg.connect(empty_dsn) as blocker:
        blocker.execute("select pg_advisory_lock(42)")
        running = pool.submit(migrate.up, empty_dsn, migrations=sapling.migrations)
        waits = "from pg_locks where locktype = 'advisory' and objid = 42 and not granted"
        until(empty_dsn, f"select count(*) = 1 {waits}")
        row = blocker.execute(f"select pid {waits}".encode()).fetchone()
        assert row is not None
        blocker.execute(end, row)
        assert isinstance(running.exception(60), errors.DatabaseUnavailable | errors.Cancelled)
        until(
            empty_dsn, f"select count(*) = 0 from pg_stat_activity where pid = {row[0]} and state = 'active'"
        )
    assert not has_pydb(empty_dsn)
    migrate.up(empty_dsn, migrations=sapling.migrations)
    assert migrate.check(empty_dsn, migrations=sapling.migrations) == []


def test_a_table_in_use_ends_the_upgrade_instead_of_blocking_everybody(
    dsn: str, rich: Tree, connect: Connect, rewrite: Callable[[Path, str, str], None]
) -> None:
    rewrite(rich.migrations / "settings.sql", "'5s'", "'50ms'")
    user = connect(autocommit=False)
    user.execute("select count(*) from pydb.setting")
    before = rows(dsn)
    with pytest.raises(errors.PydbError, match="in use") as caught:
        migrate.up(dsn, migrations=rich.migrations)
    assert caught.value.sqlstate == "55P03"
    user.rollback()
    assert rows(dsn) == before


def test_what_a_database_has_besides_does_not_break_an_installation(
    empty_dsn: str, rich: Tree, rewrite: Callable[[Path, str, str], None]
) -> None:
    last = "alter table pydb.setting add note text;\n"
    rewrite(rich.folder / sources.UPGRADE, last, f"{last}select pg_sleep(2.1);\n")
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        name = connection.info.dbname
        for statement in (
            # functions in public that a name without a schema would find, and a table called as ours
            "create function public.trap(text, text) returns boolean" + RAISES,
            "create operator public.= (leftarg = text, rightarg = text, function = public.trap)",
            f"create function public.pg_try_advisory_xact_lock(integer, smallint) returns boolean{RAISES}",
            "create table public.alembic_version as select '0001'::varchar(32) as version_num",
            *(
                f"alter database {name} set {setting}"
                for setting in (
                    "default_transaction_isolation = serializable",
                    "default_transaction_read_only = on",
                    "statement_timeout = '2s'",
                    "lock_timeout = '1ms'",
                    "standard_conforming_strings = off",
                    "search_path = ''",
                    "client_encoding = latin1",
                    "datestyle = 'German'",
                )
            ),
        ):
            connection.execute(statement.encode())
    migrate.up(f"{empty_dsn} options='-c search_path=public,pg_catalog'", migrations=rich.migrations)
    # a check has the timeout that it finds, and all the processors that are left
    unhurried = f"{empty_dsn} options='-c statement_timeout=0'"
    assert migrate.check(unhurried, migrations=rich.migrations) == []
    with psycopg.connect(empty_dsn) as connection:
        assert connection.execute("select version_num from public.alembic_version").fetchall() == [("0001",)]


def test_dump_and_restore_keep_every_line(dsn: str, empty_dsn: str, server: TestServer) -> None:
    dump = subprocess.run(
        [str(server.bin_dir / "pg_dump"), "--schema=pydb*", "-Fc", dsn], capture_output=True, check=True
    )
    subprocess.run(
        [str(server.bin_dir / "pg_restore"), "--exit-on-error", "-d", empty_dsn],
        input=dump.stdout,
        capture_output=True,
        check=True,
    )
    assert lines(empty_dsn) == lines(dsn)
    assert migrate.check(empty_dsn) == []


def test_libpq_environment_is_honoured(
    empty_dsn: str, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYDB_DSN", raising=False)
    with psycopg.connect(empty_dsn) as connection:
        monkeypatch.setenv("PGDATABASE", connection.info.dbname)
    for name, value in (("PGHOST", server.host), ("PGPORT", str(server.port)), ("PGUSER", server.user)):
        monkeypatch.setenv(name, value)
    assert "PGDATABASE" in os.environ
    migrate.up(target="0001")
    assert [found.state for found in migrate.check(empty_dsn)] == ["behind"]


def test_going_back_to_base_takes_the_jobs_of_pg_cron_along(cron_server: CronServer) -> None:
    dsn = cron_server.app_dsn
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select cron.schedule('mine', '0 0 1 1 *', 'select 1')")
        connection.execute("create table public.event (id bigint primary key, at timestamptz)")
        connection.execute("create index on public.event (at)")
        connection.execute(
            "select pydb.retention_policy_set("
            "'events', 'public.event', 'at', '30 days', p_schedule => '15 3 * * *')"
        )
        connection.execute("select pydb.schedule_sync()")
        jobs = "select jobname from cron.job order by 1"
        assert len(connection.execute(jobs).fetchall()) > 1
        migrate.down(dsn, "base", destroy=True, migrations=migrations())
        assert connection.execute(jobs).fetchall() == [("mine",)]


def test_alembic_itself_does_the_same(empty_dsn: str, sapling: Tree) -> None:
    sapling.routine("test_first")
    sapling.freeze("a second one")
    config = Config()
    config.set_main_option("script_location", str(sapling.migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["dsn"] = empty_dsn
    command.upgrade(config, "head")
    assert migrate.check(empty_dsn, migrations=sapling.migrations) == []
    with psycopg.connect(empty_dsn) as connection:
        assert connection.execute("select pydb.test_first()").fetchone() == (1,)
    command.downgrade(config, "base")
    assert not has_pydb(empty_dsn)


def moved_file(tree: Tree, name: str, folder: str) -> None:
    """Move a source below ``sql/``; nothing in it changes."""
    old = next(tree.sql.rglob(f"{name}.sql"))
    new = tree.sql / folder / old.name
    new.parent.mkdir(parents=True, exist_ok=True)
    old.rename(new)


def test_a_file_that_only_moves_leaves_its_object_alone(
    db: Connection, dsn: str, tree: Tree, role: RoleFactory, psql: Callable[[str, str], object]
) -> None:
    reader = role('na"ïve')
    tree.routine("first")
    tree.freeze("before")
    migrate.up(dsn, migrations=tree.migrations)
    quoted = '"' + reader.replace('"', '""') + '"'
    db.execute(f"grant execute on function pydb.first, pydb_internal.relation_name to {quoted}".encode())
    db.execute(f"grant select on pydb.reference_list to {quoted}".encode())
    db.execute(
        "create view public.built as select pydb.first() as a, r.reference from pydb.reference_list as r"
    )
    before, oids = lines(dsn), "select 'pydb.first'::regproc::oid, 'pydb.reference_list'::regclass::oid"
    kept = db.execute(oids).fetchone()
    sources_before = db.execute("select path from pydb_internal.schema_source order by 1").fetchall()
    moved_file(tree, "first", "health")
    moved_file(tree, "reference_list", "orphans")
    moved_file(tree, "relation_name", "schedule/anywhere")
    folder = tree.freeze("moves")
    assert len(tree.folder.joinpath(sources.DROPPED).read_text("utf-8").split()) == 3
    assert not folder.joinpath(sources.UPGRADE).exists()
    for move, there in ((migrate.up, True), (migrate.down, False)):
        move(dsn, migrations=tree.migrations)
        assert db.execute(oids).fetchone() == kept
        assert lines(dsn) == before
        assert may_execute(db, reader, "first") == (True, False)
        assert may_execute(db, reader, "relation_name") == (True, False)
        assert db.execute("select count(*) from public.built").fetchone() == (0,)
        findings = migrate.check(dsn, migrations=tree.migrations)
        assert [f.state for f in findings] == ([] if there else ["behind"])
        listed = db.execute("select path from pydb_internal.schema_source order by 1").fetchall()
        assert (("health/first.sql",) in listed) is there
        assert (listed == sources_before) is not there


def test_a_file_that_moves_and_changes_its_result_is_made_anew_with_its_grants(
    db: Connection, dsn: str, tree: Tree, role: RoleFactory
) -> None:
    reader = role()
    tree.routine("first")
    tree.freeze("before")
    migrate.up(dsn, migrations=tree.migrations)
    db.execute(f'grant execute on function pydb.first to "{reader}"'.encode())
    tree.routine("first", "null::text", result="text")
    moved_file(tree, "first", "health")
    folder = tree.freeze("moved and changed")
    assert "drop routine pydb.first;" in folder.joinpath(sources.UPGRADE).read_text("utf-8")
    for move, result in ((migrate.up, "text"), (migrate.down, "integer"), (migrate.up, "text")):
        move(dsn, migrations=tree.migrations)
        assert db.execute("select pg_get_function_result('pydb.first'::regproc)").fetchone() == (result,)
        assert may_execute(db, reader, "first") == (True, False)
    assert migrate.check(dsn, migrations=tree.migrations) == []


def test_tables_that_move_to_another_domain_keep_their_rows(db: Connection, dsn: str, tree: Tree) -> None:
    old, new = tree.sql / "references" / sources.TABLES, tree.sql / "health" / sources.TABLES
    tree.write(new, old.read_text("utf-8").replace("references tables", "health tables"))
    old.unlink()
    folder = tree.freeze("tables move")
    for name in (sources.UPGRADE, sources.DOWNGRADE):
        folder.joinpath(name).unlink(missing_ok=True)
    before, oid = lines(dsn), db.execute("select 'pydb.reference'::regclass::oid").fetchone()
    for move in (migrate.up, migrate.down):
        move(dsn, migrations=tree.migrations)
        assert lines(dsn) == before
        assert db.execute("select 'pydb.reference'::regclass::oid").fetchone() == oid


def may_execute(connection: Connection, role: str, routine: str) -> tuple[bool, bool]:
    """Whether a role may execute a routine, and whether it may grant that."""
    query = (
        "select has_function_privilege(%(role)s, p.oid, 'execute'),"
        " has_function_privilege(%(role)s, p.oid, 'execute with grant option')"
        " from pg_proc as p"
        " where p.pronamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and p.proname = %(name)s"
    )
    row = connection.execute(query, {"role": role, "name": routine}).fetchone()
    assert row is not None
    return bool(row[0]), bool(row[1])


def test_routines_that_are_made_anew_keep_their_grants(
    db: Connection, dsn: str, tree: Tree, role: RoleFactory
) -> None:
    plain, granting, nobody = role('na"ïve'), role(), role()
    tree.routine("first")
    tree.freeze("before")
    migrate.up(dsn, migrations=tree.migrations)
    db.execute(f'grant execute on function pydb.first to "{plain.replace(chr(34), chr(34) * 2)}"')
    db.execute(f'grant execute on function pydb.first to "{granting}" with grant option')
    tree.routine("first", "null::text", result="text")
    tree.freeze("after")
    for move in (migrate.up, migrate.down):
        oid = db.execute("select 'pydb.first'::regproc::oid").fetchone()
        move(dsn, migrations=tree.migrations)
        assert db.execute("select 'pydb.first'::regproc::oid").fetchone() != oid
        assert may_execute(db, plain, "first") == (True, False)
        assert may_execute(db, granting, "first") == (True, True)
        assert may_execute(db, nobody, "first") == (False, False)
