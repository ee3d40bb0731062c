"""Closing: a logical reference becomes a valid key, under short locks, or it is said why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.orphans.lab import Background, Lab, refused

if TYPE_CHECKING:
    from tests.conftest import RoleFactory

KEYS = "select conname, convalidated, confdeltype::text from pg_constraint where contype = 'f'"


def test_logical_reference_becomes_a_valid_key(shop: Lab) -> None:
    shop.repair("parent_id_ref")
    shop.do("call pydb.orphan_close('parent_id_ref')")
    assert shop.rows(KEYS) == [("parent_id_ref", True, "c")]
    assert shop.rows("select 1 from pydb.reference") == []
    row = shop.scan_one()
    assert (row["reference"], row["kind"], row["orphans"]) == ("app.child.parent_id_ref", "declared", 0)
    assert (
        shop.rows("select action from pydb.audit_log where action = 'orphan_close'")
        == [("orphan_close",)] * 2
    )
    shop.do("call pydb.orphan_close('parent_id_ref')")
    assert len(shop.rows("select 1 from pydb.audit_log where action = 'orphan_close'")) == 2


def test_orphans_keep_the_key_not_valid_and_are_counted(shop: Lab) -> None:
    with refused("YD407") as refusal:
        shop.do("call pydb.orphan_close('parent_id_ref')")
    assert "10 rows without a parent" in refusal.message
    assert "stays NOT VALID" in refusal.detail
    assert "orphan_repair('app.child.parent_id_ref'" in refusal.hint
    assert shop.rows(KEYS) == [("parent_id_ref", False, "c")]
    with refused("23503"):
        shop.do("insert into app.child values (500, 500)")
    shop.repair("parent_id_ref")
    shop.do("call pydb.orphan_close('parent_id_ref')")
    assert shop.rows(KEYS) == [("parent_id_ref", True, "c")]


def test_an_entity_that_names_the_reference_stays_valid(shop: Lab) -> None:
    shop.repair("parent_id_ref")
    shop.do("""select pydb.entity_set('parent', 'app.parent', '{"app.child.parent_id_ref": "delete"}')""")
    shop.do("call pydb.orphan_close('parent_id_ref')")
    assert shop.rows("select kind from pydb.reference_list") == [("declared",)]


def test_without_a_unique_key_the_statement_is_said(shop: Lab) -> None:
    shop.do("alter table app.parent drop constraint parent_pkey")
    with refused("YD406") as refusal:
        shop.do("call pydb.orphan_close('parent_id_ref')")
    assert refusal.hint == "create unique index concurrently on app.parent (id);"
    shop.do("create unique index on app.parent (id) where id > 0")
    shop.do("alter table app.parent add unique (id) deferrable")
    with refused("YD406"):
        shop.do("call pydb.orphan_close('parent_id_ref')")
    shop.do(refusal.hint)
    shop.repair("parent_id_ref")
    shop.do("call pydb.orphan_close('parent_id_ref')")
    assert shop.rows(KEYS) == [("parent_id_ref", True, "c")]


def test_name_in_use(shop: Lab) -> None:
    shop.do("alter table app.child add constraint parent_id_ref check (id > 0)")
    with refused("YD406") as refusal:
        shop.do("call pydb.orphan_close('parent_id_ref')")
    assert "has another constraint parent_id_ref" in refusal.detail


def test_partitioned_child(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app;
        create table app.p (id int primary key); insert into app.p values (1);
        create table app.c (id int, p int) partition by list (id);
        create table app.c1 partition of app.c for values in (1);
        insert into app.c values (1, 1);
        select pydb.reference_set('app.c', '{p}', 'app.p', '{id}', 'set null')"""
    )
    if lab.db.info.server_version >= 180000:
        lab.do("call pydb.orphan_close('p_ref')")
    else:
        with refused("YD406") as refusal:
            lab.do("call pydb.orphan_close('p_ref')")
        assert refusal.hint == (
            "alter table app.c add constraint p_ref foreign key (p) references app.p (id) on delete set null;"
        )
        lab.do(refusal.hint)
    assert ("p_ref", True, "n") in lab.rows(KEYS)


def test_a_lock_is_waited_for_in_short_tries(shop: Lab) -> None:
    shop.repair("parent_id_ref")
    other = shop.session(autocommit=False)
    other.execute("update app.child set note = 'new' where id = 2")
    close = Background(shop.session(), "call pydb.orphan_close('parent_id_ref', '1 min')")
    shop.until_waiting(close.pid)
    # a try ends after lock_timeout, so that writers behind it go on
    shop.until("select cardinality(pg_blocking_pids(%s)) = 0", close.pid)
    other.rollback()
    assert close.ended() is None
    assert shop.rows(KEYS) == [("parent_id_ref", True, "c")]


def test_patience_has_an_end(shop: Lab) -> None:
    other = shop.session(autocommit=False)
    other.execute("update app.child set note = 'new' where id = 2")
    with refused("YD408") as refusal:
        shop.do("call pydb.orphan_close('parent_id_ref', '1 ms')")
    assert "add constraint parent_id_ref" in refusal.detail
    other.rollback()
    assert shop.rows(KEYS) == []


def test_only_the_owner_can_close(shop: Lab, role: RoleFactory) -> None:
    name = role("closer")
    shop.do(
        f"grant usage on schema pydb, pydb_internal, app to {name}; grant execute on all routines in"
        f" schema pydb, pydb_internal to {name};"
        f"grant all on all tables in schema pydb, app to {name}"
    )
    with refused("YD005") as refusal:
        shop.session(name).execute("call pydb.orphan_close('parent_id_ref')")
    assert refusal.hint == "set role postgres;"


def test_broken_reference_and_bad_bounds(shop: Lab) -> None:
    with refused("YD001"):
        shop.do("call pydb.orphan_close('parent_id_ref', '-1 s')")
    with refused("YD301"):
        shop.do("call pydb.orphan_close('nothing')")
    shop.do("alter table app.child drop column parent_id")
    with refused("YD402"):
        shop.do("call pydb.orphan_close('parent_id_ref')")


@pytest.mark.parametrize("end", ["child", "parent"])
def test_a_column_that_is_computed_at_each_reading_is_to_be_stored_first(lab: Lab, end: str) -> None:
    """The statement that is printed is that which helps, before an index as well."""
    if cast("int", lab.one("select current_setting('server_version_num')::int")) < 180000:
        lab.do(  # all generated columns are stored, and one that an action would set is refused
            """create table public.m (id int primary key);
            create table public.o (x int, g int generated always as (x + 1) stored);
            select pydb.reference_set('public.o', '{g}', 'public.m', '{id}', 'cascade')"""
        )
        lab.do("call pydb.orphan_close('public.o.g_ref')")
        return
    virtual = 'x int, g text collate "C" generated always as ((x + 1)::text) virtual not null'
    child, parent = ("g", "id") if end == "child" else ("id", "g")
    column = 'id text collate "C"'
    lab.do(
        f"""create table public.m ({column} primary key{", " + virtual if end == "parent" else ""});
        create table public.o ({column}{", " + virtual if end == "child" else ""});
        select pydb.reference_set('public.o', '{{{child}}}', 'public.m', '{{{parent}}}', 'cascade')"""
    )
    name = f"public.o.{child}_ref"
    again = f"select pydb.reference_set('public.o', '{{{child}}}', 'public.m', '{{{parent}}}', 'cascade')"
    with refused("YD406") as refusal:
        lab.do(f"call pydb.orphan_close('{name}')")
    assert "make it stored" in refusal.detail
    assert "set the reference again after" in refusal.detail
    lab.do(refusal.hint)
    lab.do(again)
    if end == "parent":
        with refused("YD406") as refusal:
            lab.do(f"call pydb.orphan_close('{name}')")
        lab.do(refusal.hint)
    lab.do(f"call pydb.orphan_close('{name}')")
    assert lab.rows(KEYS) == [(f"{child}_ref", True, "c")]
    # nothing of the column is lost by it
    assert lab.rows(
        "select attgenerated, attnotnull, attcollation::regcollation::text from pg_attribute"
        " where attname = 'g' and attrelid in ('public.m'::regclass, 'public.o'::regclass)"
    ) == [("s", True, '"C"')]


def test_a_generated_column_that_an_action_would_set_cannot_be_closed(lab: Lab) -> None:
    lab.do(
        """create table public.m (id int primary key);
        create table public.o (x int, g int generated always as (x + 1) stored);
        insert into pydb.reference
            (name, child, child_name, child_columns, parent, parent_name, parent_columns, on_delete)
            values ('public.o.k', 'public.o', 'public.o', '{g}', 'public.m', 'public.m', '{id}',
            'set null')"""
    )
    with refused("YD406"):
        lab.do("call pydb.orphan_close('public.o.k')")


DECLARED = """create table app.d (id int primary key, parent_id int references app.parent);
insert into app.d values (1, 1)"""
SILENTLY = {
    "replica": "set session_replication_role = replica; {}; set session_replication_role = origin",
    "child": "alter table {child} disable trigger all; {}; alter table {child} enable trigger all",
    "off": "alter table {child} disable trigger all; {}",
}


@pytest.mark.parametrize("how", SILENTLY)
@pytest.mark.parametrize("partitioned", [False, True])
def test_orphans_under_a_valid_key_are_counted(shop: Lab, how: str, partitioned: bool) -> None:
    if partitioned:
        shop.do(
            """create table app.d (id int primary key, parent_id int references app.parent)
                partition by range (id); create table app.d1 partition of app.d for values from (0) to (99);
            insert into app.d values (1, 1)"""
        )
    else:
        shop.do(DECLARED)
    shop.do("call pydb.orphan_close('d_parent_id_fkey')")
    child = "app.d1" if partitioned else "app.d"
    shop.do(SILENTLY[how].format("insert into app.d values (2, 777)", child=child))
    with refused("YD407") as refusal:
        shop.do("call pydb.orphan_close('d_parent_id_fkey')")
    assert "1 row without a parent" in refusal.message
    assert "orphan_repair('app.d.d_parent_id_fkey'" in refusal.hint
    assert (f"alter table {child} enable trigger all;" in refusal.hint) is (how == "off")
    shop.do("call pydb.orphan_repair('d_parent_id_fkey', 'delete', p_min_age => '0')")
    if how == "off":
        with refused("YD406") as refusal:
            shop.do("call pydb.orphan_close('d_parent_id_fkey')")
        shop.do(refusal.hint)
    shop.do("call pydb.orphan_close('d_parent_id_fkey')")


def test_a_parent_whose_triggers_are_off_keeps_the_key_open(shop: Lab) -> None:
    shop.do(DECLARED)
    shop.do("alter table app.parent disable trigger all")
    with refused("YD406") as refusal:
        shop.do("call pydb.orphan_close('d_parent_id_fkey')")
    assert refusal.hint == "alter table app.parent enable trigger all;"
    look = "select status, hint from pydb.doctor() where reason_code = 'triggers_off'"
    ((status, hint),) = shop.rows(look)
    assert (status, str(hint).startswith(refusal.hint)) == ("degraded", True)
    shop.do(refusal.hint)
    assert shop.rows(look) == []
