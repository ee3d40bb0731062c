"""What a scan calls an orphan, over every kind of reference, and what it says of those it cannot look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.orphans.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import RoleFactory

ORPHANS = [1, 11, 21, 31, 41, 51, 61, 71, 81, 91]


def test_an_empty_database_has_nothing_to_scan(lab: Lab) -> None:
    assert lab.scan() == {}
    assert lab.run().end == ("completed", "exhausted")
    assert lab.rows("select total, complete, orphans from pydb.orphan_coverage") == [(0, 0, 0)]


def test_logical_reference(shop: Lab) -> None:
    row = shop.scan_one()
    assert (row["orphans"], row["checked_rows"], row["status"], row["coverage"]) == (10, 101, "complete", 1)
    assert row["sample"] == [{"id": i, "parent_id": 1000 + i} for i in ORPHANS]
    assert (row["child"], row["parent"]) == ("app.child (parent_id)", "app.parent (id)")
    assert (row["kind"], row["on_delete"], row["unconfirmed"]) == ("logical", "cascade", 0)


def test_finding_stays_and_is_read_without_scanning(shop: Lab) -> None:
    shop.scan(sample=3)
    shop.do("delete from app.child")
    (row,) = shop.rows("select status, orphans, jsonb_array_length(sample), first_seen, scanned_at"
                       " from pydb.orphan_list")  # fmt: skip
    assert row[:3] == ("complete", 10, 3)
    shop.scan()
    assert shop.rows("select orphans, first_seen, last_seen from pydb.orphan_list") == [(0, None, row[4])]


def test_every_declared_reference_valid_or_not(lab: Lab) -> None:
    """Also a key that is marked valid is checked: E9, NOT VALID and disabled keys with violations."""
    lab.do(
        """create schema if not exists app; create table app.p (id int primary key);
        create table app.valid (id int primary key, p int references app.p on delete cascade);
        create table app.loose (id int, p int);
        insert into app.loose values (1, 5);
        alter table app.loose add constraint loose_fk foreign key (p) references app.p not valid;
        create table app.off (id int, p int constraint off_fk references app.p);
        alter table app.off disable trigger all;
        insert into app.off values (1, 6);
        set session_replication_role = replica;
        insert into app.valid values (1, 7), (2, null);
        reset session_replication_role"""
    )
    lab.old()
    found = lab.scan()
    assert {name: (row["kind"], row["orphans"]) for name, row in found.items()} == {
        "loose_fk": ("declared", 1), "off_fk": ("declared", 1), "valid_p_fkey": ("declared", 1),
    }  # fmt: skip
    assert found["valid_p_fkey"]["on_delete"] == "cascade"


def test_e8_partly_null_is_no_reference_with_match_simple_and_a_violation_with_full(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app; create table app.p (a int, b int, primary key (a, b));
        insert into app.p values (1, 1);
        create table app.simple (id int, a int, b int);
        create table app.full (id int, a int, b int);
        insert into app.simple values (1, 1, 1), (2, 1, null), (3, null, null), (4, null, 9), (5, 1, 2);
        insert into app.full select * from app.simple;
        alter table app.simple add constraint simple_fk foreign key (a, b) references app.p not valid;
        alter table app.full add constraint full_fk foreign key (a, b) references app.p
            match full not valid"""
    )
    found = lab.scan()
    assert (found["simple_fk"]["orphans"], found["simple_fk"]["sample"]) == (1, [{"a": 1, "b": 2}])
    assert (found["full_fk"]["orphans"], found["full_fk"]["partly_null"]) == (3, 2)
    assert "2 rows with a key that is partly null" in str(found["full_fk"]["reason"])


def test_null_keys_of_the_parent_hide_nothing(lab: Lab) -> None:
    """NOT IN would find no orphan at all here."""
    lab.do(
        """create schema if not exists app;
        create table app.p (code text unique); create table app.c (id int, code text);
        insert into app.p values (null), ('a'); insert into app.c values (1, 'a'), (2, 'b'), (3, null);
        select pydb.reference_set('app.c', '{code}', 'app.p', '{code}')"""
    )
    lab.old()
    assert lab.scan_one()["orphans"] == 1


def test_columns_in_another_order_than_the_key_other_types_and_collations(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app;
        create table app.p (a int, b bigint, code text collate "C" unique, primary key (a, b));
        insert into app.p values (1, 2, 'x');
        create table app.c (id int primary key, a int, b int, code text collate "POSIX");
        insert into app.c values (1, 1, 2, 'x'), (2, 2, 1, 'y');
        alter table app.c add constraint swapped foreign key (b, a) references app.p (b, a) not valid;
        alter table app.c add constraint cased foreign key (code) references app.p (code) not valid"""
    )
    found = lab.scan()
    assert found["swapped"]["sample"] == [{"id": 2, "a": 2, "b": 1}]
    assert found["cased"]["sample"] == [{"id": 2, "code": "y"}]


def test_quoted_and_foreign_names(lab: Lab) -> None:
    lab.do(
        """create schema "Größe"; create table "Größe"."Eltern; x" ("Nr." int primary key);
        create table "Größe"."Kind.er" ("Id" int primary key, "ref'1" int);
        insert into "Größe"."Kind.er" values (1, 5);
        alter table "Größe"."Kind.er" add constraint "Fk. %s" foreign key ("ref'1")
            references "Größe"."Eltern; x" not valid"""
    )
    ((name,),) = lab.rows("select reference from pydb.orphan_scan()")
    assert name == '"Größe"."Kind.er"."Fk. %s"'
    (row,) = lab.rows("select orphans, sample, child from pydb.orphan_scan(%s)", '"Fk. %s"')
    assert row == (1, [{"Id": 1, "ref'1": 5}], '"Größe"."Kind.er" ("ref\'1")')
    call = lab.repair(str(name), mode="quarantine")
    assert (call.end, call.run["rows_done"]) == (("completed", "exhausted"), 1)
    assert lab.rows("select restored, conflicts from pydb.orphan_restore(%s)", call.run["id"]) == [(0, 1)]
    lab.do('insert into "Größe"."Eltern; x" values (5)')
    assert lab.rows("select restored, conflicts from pydb.orphan_restore(%s)", call.run["id"]) == [(1, 0)]


def test_e10_key_on_some_partitions_names_the_others(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app; create table app.p (id int primary key);
        create table app.c (id int, p int) partition by range (id);
        create table app.c1 partition of app.c for values from (0) to (10);
        create table app.c2 partition of app.c for values from (10) to (20);
        insert into app.c values (1, 1), (11, 1);
        alter table app.c1 add constraint c1_fk foreign key (p) references app.p not valid"""
    )
    row = lab.scan_one()
    assert (row["orphans"], row["checked_rows"], row["status"]) == (1, 1, "complete")
    assert "app.c2 (partition of the same table)" in str(row["reason"])
    lab.do("select pydb.reference_set('app.c', '{p}', 'app.p', '{id}')")
    lab.old()
    found = lab.scan()
    assert found["p_ref"]["orphans"] == 2
    assert found["c1_fk"]["reason"] is None


def test_e11_partitioned_tables_on_both_sides(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app;
        create table app.p (id int primary key) partition by range (id);
        create table app.p1 partition of app.p for values from (0) to (10);
        create table app.p2 partition of app.p for values from (10) to (20);
        insert into app.p values (1), (11);
        create table app.c (id int, p int) partition by list (id);
        create table app.c1 (p int, extra int, id int); alter table app.c1 drop column extra;
        alter table app.c attach partition app.c1 for values in (1);
        create table app.c2 partition of app.c for values in (2) partition by hash (p);
        create table app.c21 partition of app.c2 for values with (modulus 1, remainder 0);
        alter table app.c add constraint c_fk foreign key (p) references app.p;
        insert into app.c values (1, 1), (2, 11);
        set session_replication_role = replica;
        insert into app.c values (1, 2), (2, 12);
        reset session_replication_role"""
    )
    row = lab.scan_one()
    assert (row["orphans"], row["checked_rows"], row["reason"]) == (2, 4, None)
    call = lab.repair("c_fk", mode="quarantine")
    assert (call.run["rows_done"], call.end) == (2, ("completed", "exhausted"))
    assert lab.rows("select relation from pydb.orphan_quarantine order by 1") == [("app.c1",), ("app.c21",)]
    lab.do("insert into app.p values (2), (12)")
    assert lab.rows("select restored from pydb.orphan_restore(%s)", call.run["id"]) == [(2,)]
    assert lab.rows("select id, p from app.c order by 1, 2") == [(1, 1), (1, 2), (2, 11), (2, 12)]


def test_e11_inheritance_children_are_not_reached_and_named(lab: Lab) -> None:
    lab.do(
        """create schema if not exists app; create table app.p (id int primary key);
        create table app.p_more () inherits (app.p); insert into app.p_more values (5);
        create table app.c (id int, p int); create table app.c_more () inherits (app.c);
        insert into app.c values (1, 5); insert into app.c_more values (2, 6);
        alter table app.c add constraint c_fk foreign key (p) references app.p not valid"""
    )
    row = lab.scan_one()
    assert (row["orphans"], row["checked_rows"]) == (1, 1)
    assert "app.c_more (inherits from the child)" in str(row["reason"])


def test_e12_missing_privileges_are_listed_and_the_others_are_scanned(shop: Lab, role: RoleFactory) -> None:
    shop.do(
        """create schema hidden; create table hidden.c (id int, p int);
        alter table hidden.c add constraint hidden_fk foreign key (p) references app.parent not valid"""
    )
    name = role("scanner")
    shop.do(
        f"grant usage on schema pydb, pydb_internal, app to {name}; grant execute on all routines in"
        f" schema pydb, pydb_internal to {name};"
        f"grant all on all tables in schema pydb to {name};"
        f"grant select on app.parent, app.child to {name}"
    )
    found = shop.scan(db=shop.session(name))
    assert found["parent_id_ref"]["orphans"] == 10
    assert found["hidden_fk"]["status"] == "skipped"
    assert f"grant usage on schema hidden to {name};" in str(found["hidden_fk"]["reason"])
    assert f"grant select on hidden.c to {name};" in str(found["hidden_fk"]["reason"])
    assert shop.rows("select complete, skipped from pydb.orphan_coverage") == [(1, 1)]
    call = shop.run(db=shop.session(name))
    assert (call.end, call.sqlstate) == (("partial", "error"), None)


@pytest.mark.parametrize("table", ["app.child", "app.parent"])
def test_f9_row_level_security_is_said_and_never_zero_orphans(
    shop: Lab, role: RoleFactory, table: str
) -> None:
    name = role("scanner")
    shop.do(
        f"grant usage on schema pydb, pydb_internal, app to {name}; grant execute on all routines in"
        f" schema pydb, pydb_internal to {name};"
        f"grant all on all tables in schema pydb, app to {name};"
        f"alter table {table} enable row level security; create policy a_few on {table} using (id > 5)"
    )
    connection = shop.session(name)
    (row,) = shop.scan(db=connection).values()
    assert (row["status"], row["orphans"]) == ("skipped", None)
    assert "row-level security" in str(row["reason"])
    call = shop.repair("parent_id_ref", db=connection)
    assert (call.sqlstate, call.end, call.run["sqlstate"]) == ("YD111", ("blocked", "error"), "YD404")
    assert len(shop.ids()) == 101


def test_f9_forced_row_level_security_of_the_owner(shop: Lab, role: RoleFactory) -> None:
    name = role("owner")
    shop.do(
        f"grant usage on schema pydb, pydb_internal, app to {name}; grant execute on all routines in"
        f" schema pydb, pydb_internal to {name};"
        f"grant all on all tables in schema pydb to {name}; grant select on app.parent to {name};"
        f"alter table app.child owner to {name}; alter table app.child enable row level security;"
        "alter table app.child force row level security"
    )
    (row,) = shop.scan(db=shop.session(name)).values()
    assert row["status"] == "skipped"


def test_one_broken_reference_does_not_stop_the_others(shop: Lab) -> None:
    shop.do(
        """create table app.gone (id int, p int); create table app.bad (id int, p int);
        insert into app.bad values (1, 1);
        select pydb.reference_set('app.gone', '{p}', 'app.parent', '{id}');
        select pydb.reference_set('app.bad', '{p}', 'app.parent', '{id}', p_name => 'app.bad.bad_ref');
        alter table app.gone drop column p;
        create function app.fail(int, int) returns boolean language plpgsql as
            $$begin raise exception 'broken' using errcode = 'XX123'; end$$;
        alter table app.bad alter column p type text"""
    )
    shop.old()
    found = shop.scan()
    assert found["parent_id_ref"]["orphans"] == 10
    assert found["p_ref"]["status"] == "skipped"
    assert "column p of app.gone is gone" in str(found["p_ref"]["reason"])
    assert (found["bad_ref"]["status"], found["bad_ref"]["sqlstate"]) == ("error", "42883")
    call = shop.run()
    assert (call.sqlstate, call.end) == ("YD110", ("failed", "error"))
    assert shop.rows("select complete, skipped, failed from pydb.orphan_coverage") == [(1, 1, 1)]
    shop.do("drop table app.gone, app.bad")
    assert {row["status"] for row in shop.scan().values()} == {"complete", "skipped"}


def test_a_locked_table_is_skipped_and_said(shop: Lab) -> None:
    other = shop.session(autocommit=False)
    other.execute("lock table app.child in access exclusive mode")
    assert shop.run().end == ("partial", "error")
    assert shop.rows("select status, reason, sqlstate from pydb.orphan_list") == [
        ("skipped", "the table is locked by another session", "55P03")
    ]
    other.rollback()
    assert shop.run().end == ("completed", "exhausted")


def test_foreign_tables_are_said(shop: Lab) -> None:
    shop.do(
        """create foreign data wrapper nowhere; create server nowhere foreign data wrapper nowhere;
        create table app.part (id int, p int) partition by list (id);
        create table app.part1 partition of app.part for values in (1);
        create foreign table app.part2 partition of app.part for values in (2) server nowhere;
        insert into app.part values (1, 99);
        select pydb.reference_set('app.part', '{p}', 'app.parent', '{id}')"""
    )
    shop.old()
    row = shop.scan()["p_ref"]
    assert (row["status"], row["orphans"]) == ("partial", 1)
    assert "app.part2" in str(row["reason"])


def test_unknown_and_ambiguous_names_and_bad_bounds(shop: Lab) -> None:
    with refused("YD301") as refusal:
        shop.scan("parent_ref")
    assert "app.child.parent_id_ref" in refusal.detail
    shop.do(
        """create schema b; create table b.child (parent_id int);
        select pydb.reference_set('b.child', '{parent_id}', 'app.parent', '{id}')"""
    )
    with refused("YD301") as refusal:
        shop.scan("parent_id_ref")
    assert "b.child.parent_id_ref" in refusal.detail
    assert next(iter(shop.scan("b.child.parent_id_ref").values()))["status"] == "complete"
    for bad in ({"max_runtime": "0"}, {"min_age": "-1 s"}, {"sample": -1}):
        with refused("YD001"):
            shop.scan(**bad)


def test_read_only_server(shop: Lab) -> None:
    shop.do("set default_transaction_read_only = on")
    with refused("YD007"):
        shop.scan()
    shop.run()
    assert shop.rows("select 1 from pydb.job_run") == []
    assert shop.rows("select status from pydb.orphan_list") == [("unscanned",)]
