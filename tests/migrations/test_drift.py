"""migrate check names what is modified, missing, extra or behind, and not what an administrator may do."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from pydb import errors, migrate, sources
from pydb.cli import main
from tests.migrations.tree import Tree, has_pydb

if TYPE_CHECKING:
    from tests.conftest import Connection, RoleFactory

HEAD = sources.history()[-1].revision
# the revision that last changed the routine of the test
NEWEST_TEXT = [x.revision for x in sources.history() if (x.folder / "core/setting_set.sql").is_file()][-1]

# what is done by hand: state, kind, object, part of the detail
DRIFT = {
    "create or replace function pydb_internal.relation_name(p_relation oid) returns text language sql stable"
    " set search_path = pg_catalog, pg_temp as $$ select 'x' $$": (
        "modified",
        "routine",
        "pydb_internal.relation_name(oid)",
        "body",
    ),
    "comment on function pydb_internal.relation_name(oid) is 'other'": (
        "modified",
        "routine",
        "pydb_internal.relation_name(oid)",
        "comment",
    ),
    "alter function pydb_internal.relation_name(oid) security definer": (
        "modified",
        "routine",
        "pydb_internal.relation_name(oid)",
        "security",
    ),
    "alter function pydb_internal.relation_name(oid) reset search_path": (
        "modified",
        "routine",
        "pydb_internal.relation_name(oid)",
        "settings",
    ),
    "grant execute on function pydb_internal.relation_name(oid) to public": (
        "modified",
        "routine",
        "pydb_internal.relation_name(oid)",
        "public privileges",
    ),
    "grant select on pydb.setting to public": ("modified", "table", "pydb.setting", "public privileges"),
    "grant select (name) on pydb.setting to public": ("modified", "table", "pydb.setting", "column name"),
    "grant usage on schema pydb to public": ("modified", "schema", "pydb", "public privileges"),
    "alter table pydb.setting add mine text": ("modified", "table", "pydb.setting", "column mine"),
    "alter table pydb.setting alter value set default 'x'": (
        "modified",
        "table",
        "pydb.setting",
        "column value",
    ),
    "alter table pydb.job_run drop constraint job_run_kind_check": (
        "modified",
        "table",
        "pydb.job_run",
        "constraint job_run_kind_check",
    ),
    "comment on column pydb.setting.name is 'other'": (
        "modified",
        "table",
        "pydb.setting",
        "comment of name",
    ),
    "alter table pydb.setting enable row level security": ("modified", "table", "pydb.setting", "definition"),
    "create rule mine as on delete to pydb.setting do instead nothing": (
        "modified",
        "table",
        "pydb.setting",
        "rule mine",
    ),
    "create policy mine on pydb.setting": ("modified", "table", "pydb.setting", "policy mine"),
    "alter view pydb.retention_job_log set (security_barrier)": (
        "modified",
        "view",
        "pydb.retention_job_log",
        "options",
    ),
    "alter view pydb.retention_job_log rename kind to sort": (
        "modified",
        "view",
        "pydb.retention_job_log",
        "definition",
    ),
    "alter table pydb.audit_log disable trigger audit_log_append_only": (
        "modified",
        "trigger",
        "audit_log_append_only on pydb.audit_log",
        "definition",
    ),
    "alter sequence pydb.job_run_id_seq increment 7": (
        "modified",
        "sequence",
        "pydb.job_run_id_seq",
        "definition",
    ),
    "drop trigger audit_log_append_only on pydb.audit_log": (
        "missing",
        "trigger",
        "audit_log_append_only on pydb.audit_log",
        "made by revision 0001",
    ),
    "drop index pydb.job_run_started_at_idx": (
        "missing",
        "index",
        "pydb.job_run_started_at_idx",
        "made by revision 0001",
    ),
    "drop function pydb.setting_set": (
        "missing",
        "routine",
        "pydb.setting_set(text,text)",
        f"made by revision {NEWEST_TEXT}",
    ),
    "create table pydb.mine (id integer)": ("extra", "table", "pydb.mine", "no migration"),
    'create table pydb."Mine, too" (id integer)': ("extra", "table", 'pydb."Mine, too"', "no migration"),
    "create view pydb.mine as select 1 as x": ("extra", "view", "pydb.mine", "no migration"),
    "create materialized view pydb.mine as select 1 as x": (
        "extra",
        "materialized view",
        "pydb.mine",
        "no migration",
    ),
    "create index mine on pydb.setting (value)": ("extra", "index", "pydb.mine", "no migration"),
    "create sequence pydb.mine": ("extra", "sequence", "pydb.mine", "no migration"),
    "create type pydb.mine as enum ('a')": ("extra", "type", "pydb.mine", "no migration"),
    "create domain pydb.mine as text": ("extra", "type", "pydb.mine", "no migration"),
    "create type pydb.mine as (x integer)": ("extra", "type", "pydb.mine", "no migration"),
    "create aggregate pydb.mine (integer) (sfunc = int4pl, stype = integer)": (
        "extra",
        "routine",
        "pydb.mine(integer)",
        "no migration",
    ),
    "create function pydb.setting_set(p_name integer) returns text language sql as 'select null'": (
        "extra",
        "routine",
        "pydb.setting_set(integer)",
        "no migration",
    ),
    "create trigger mine before update on pydb.setting"
    " for each row execute function suppress_redundant_updates_trigger()": (
        "extra",
        "trigger",
        "mine on pydb.setting",
        "no migration",
    ),
    "create statistics pydb.mine on name, value from pydb.setting": (
        "extra",
        "statistics object",
        "pydb.mine",
        "no migration",
    ),
    "create operator pydb.=== (leftarg = text, rightarg = text, function = texteq)": (
        "extra",
        "operator",
        "pydb.===(pg_catalog.text,pg_catalog.text)",
        "no migration",
    ),
    "update pydb_internal.schema_source set sha256 = 'x' where path = 'core/setting_set.sql'": (
        "modified",
        "source",
        "core/setting_set.sql",
        "another text",
    ),
    "delete from pydb_internal.schema_source where path = 'core/setting_set.sql'": (
        "missing",
        "source",
        "core/setting_set.sql",
        "not installed",
    ),
    "insert into pydb_internal.schema_source values ('core/mine.sql', 'x', '0001')": (
        "extra",
        "source",
        "core/mine.sql",
        "not in the code",
    ),
}
ALLOWED = (
    "alter table pydb.job_run set (autovacuum_vacuum_scale_factor = 0.01)",
    "alter table pydb.job_run alter kind set statistics 500",
    "update pydb.setting set value = 'on' where name = 'kill_switch'",
    "analyze pydb.job_run",
    "create view public.mine as select * from pydb.job_run",
)


def at_once() -> list[list[str]]:
    """The statements in groups in which each is about an object of its own: a look takes longer than most."""
    groups: list[list[str]] = []
    for statement, (_, _, identity, _) in DRIFT.items():
        for group in groups:
            if identity not in {DRIFT[other][2] for other in group}:
                group.append(statement)
                break
        else:
            groups.append([statement])
    return groups


def test_each_drift_is_looked_for() -> None:
    assert sorted(statement for group in at_once() for statement in group) == sorted(DRIFT)


@pytest.mark.parametrize("statements", at_once(), ids=itertools.count())
def test_drift_names_the_object_and_what_differs(db: Connection, dsn: str, statements: list[str]) -> None:
    for statement in statements:
        db.execute(statement.encode())
    found = migrate.check(dsn)
    findings = {(one.state, one.kind, one.identity): one.detail for one in found}
    assert set(findings) == {DRIFT[statement][:3] for statement in statements}
    assert len(found) == len(statements)
    for statement in statements:
        *key, detail = DRIFT[statement]
        assert detail in findings[key[0], key[1], key[2]]


def test_what_an_administrator_may_do_is_no_drift(db: Connection, dsn: str) -> None:
    for statement in ALLOWED:
        db.execute(statement.encode())
    assert migrate.check(dsn) == []


def test_grants_to_roles_and_owners_are_no_drift(db: Connection, dsn: str, role: RoleFactory) -> None:
    name = role("admin")
    for statement in (
        "grant usage on schema pydb to {}",
        "grant select on all tables in schema pydb to {}",
        "grant select (name) on pydb.setting to {}",
        "grant execute on all routines in schema pydb to {}",
        "alter schema pydb owner to {}",
        "alter table pydb.setting owner to {}",
        "alter function pydb.setting_set owner to {}",
    ):
        db.execute(statement.format(name).encode())
    assert migrate.check(dsn) == []


def test_a_database_without_pydb_is_not_judged(empty_dsn: str) -> None:
    with pytest.raises(errors.NotInstalled) as caught:
        migrate.check(empty_dsn)
    assert caught.value.sqlstate == "YD013"


def test_a_database_behind_the_code_is_told(dsn: str, tree: Tree) -> None:
    tree.routine("test_first")
    tree.freeze()
    findings = migrate.check(dsn, migrations=tree.migrations)
    assert [(found.state, found.kind, found.identity) for found in findings] == [("behind", "revision", HEAD)]
    assert tree.folder.name[:4] in findings[0].detail


def test_an_upgrade_does_not_whitewash_a_change_by_hand(db: Connection, dsn: str, tree: Tree) -> None:
    db.execute("comment on function pydb.setting_set is 'by hand'")
    db.execute("create table pydb.mine (id integer)")
    db.execute("drop index pydb.job_run_started_at_idx")
    before = migrate.check(dsn)
    assert {found.state for found in before} == {"modified", "extra", "missing"}
    tree.routine("test_first")
    tree.freeze()
    done = migrate.up(dsn, migrations=tree.migrations)
    assert list(done.findings) == before
    assert migrate.check(dsn, migrations=tree.migrations) == before


def test_an_upgrade_that_replaces_a_routine_ends_its_drift(db: Connection, dsn: str, tree: Tree) -> None:
    tree.routine("test_first")
    tree.freeze()
    migrate.up(dsn, migrations=tree.migrations)
    fixed = tree.routine("test_first", "2")
    # by hand, ahead of the release that brings the very same text
    db.execute(fixed.read_bytes())
    assert [found.state for found in migrate.check(dsn, migrations=tree.migrations)] == ["modified"]
    tree.freeze("the fix")
    migrate.up(dsn, migrations=tree.migrations)
    assert migrate.check(dsn, migrations=tree.migrations) == []


def test_a_database_that_lost_its_own_check_says_how_to_mend_it(db: Connection, dsn: str) -> None:
    db.execute("drop function pydb.migrate_check")
    for act in (migrate.check, migrate.up):
        with pytest.raises(errors.Drift, match=r"migrate_check.*\n.*psql -f"):
            act(dsn)
    db.execute(sources.overlay(sources.history())["core/migrate_check.sql"].read_bytes())
    assert migrate.check(dsn) == []


def test_a_restored_source_ends_the_drift(db: Connection, dsn: str) -> None:
    db.execute("grant execute on function pydb.setting_set to public")
    assert len(migrate.check(dsn)) == 1
    db.execute(sources.overlay(sources.history())["core/setting_set.sql"].read_bytes())
    assert migrate.check(dsn) == []


def test_the_command_ends_with_the_code_that_says_so(
    db: Connection, dsn: str, empty_dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*args: str, at: str = dsn) -> tuple[int, str, str]:
        code = main(["--dsn", at, "migrate", *args])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    assert run("check")[0] == 0
    db.execute("create table pydb.mine (id integer)")
    code, out, _ = run("check", "--json")
    assert code == 1
    document = json.loads(out)
    assert document["exit_code"] == 1
    assert document["findings"] == [
        {"state": "extra", "kind": "table", "identity": "pydb.mine", "detail": "no migration made it"}
    ]
    code, out, _ = run("check")
    assert (code, "pydb.mine" in out, "extra" in out) == (1, True, True)
    assert run("check", at=empty_dsn)[0] == 64
    assert run("up", "--to", "7777")[0] == 64
    db.execute("update pydb.alembic_version set version_num = '9999'")
    code, out, err = run("check")
    assert (code, "newer" in out, "pip install" in err) == (2, True, True)
    assert run("up")[0] == 64
    assert run("list", at=f"{dsn} port=1")[0] == 69


def test_the_commands_act(empty_dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*args: str) -> tuple[int, str, str]:
        code = main(["--dsn", empty_dsn, "migrate", *args])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    assert run("up", "--dry-run", "--to", "0001")[0] == 0
    assert not has_pydb(empty_dsn)
    # up to the newest goes README.md, as tests/docs follow it
    code, out, _ = run("up", "--json", "--to", "0001")
    assert (code, json.loads(out)["after"]) == (0, "0001")
    code, out, _ = run("list", "--json")
    states = [item["state"] for item in json.loads(out)["revisions"]]
    assert states == ["applied", *["pending"] * (len(states) - 1)]
    code, _, err = run("down", "--to", "base")
    assert (code, "--yes" in err, "all policies" in err) == (64, True, True)
    assert has_pydb(empty_dsn)
    assert run("down", "--to", "base", "--dry-run")[0] == 0
    assert has_pydb(empty_dsn)
    assert run("down", "--to", "base", "--yes")[0] == 0
    assert not has_pydb(empty_dsn)
    code, out, _ = run("sql")
    assert code == 0
    assert out == migrate.script()
    assert run("sql", "--from", HEAD, "--to", "head")[0] == 64
