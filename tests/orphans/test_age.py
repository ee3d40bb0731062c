"""The least age: rows in flight, and children whose parent comes later, are no orphans yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.orphans.lab import Lab


def test_young_rows_are_unconfirmed_until_they_are_seen_again_after_the_least_age(shop: Lab) -> None:
    shop.do("insert into app.child values (200, 77)")
    row = shop.scan_one()
    assert (row["orphans"], row["unconfirmed"], row["status"]) == (10, 1, "complete")
    assert "1 row without a parent may be younger" in str(row["reason"])
    shop.do("update pydb_internal.orphan_mark set at = at - interval '6 min'")
    row = shop.scan_one()
    assert (row["orphans"], row["unconfirmed"], row["reason"]) == (11, 0, None)


def test_rows_of_before_the_installation_need_no_second_look(lab: Lab) -> None:
    """The installation leaves a mark."""
    lab.do(
        "create schema if not exists app; create table app.p (id int primary key); create table app.c (p int)"
    )
    lab.do("insert into app.c values (1); select pydb.reference_set('app.c', '{p}', 'app.p', '{id}')")
    lab.do("delete from pydb_internal.orphan_mark; insert into pydb_internal.orphan_mark default values")
    lab.do("update pydb_internal.orphan_mark set at = at - interval '6 min'; insert into app.c values (2)")
    row = lab.scan_one()
    assert (row["orphans"], row["unconfirmed"]) == (1, 1)


def test_without_any_mark_nothing_is_called_an_orphan(shop: Lab) -> None:
    shop.do("delete from pydb_internal.orphan_mark")
    row = shop.scan_one()
    assert (row["orphans"], row["unconfirmed"]) == (0, 10)
    assert shop.repair("parent_id_ref").run["rows_done"] == 0
    shop.do("update pydb_internal.orphan_mark set at = at - interval '6 min'")
    assert shop.scan_one()["orphans"] == 10


def test_parent_in_a_running_transaction(shop: Lab) -> None:
    """The child is there, its parent is inserted but not committed: not an orphan, whatever the least age."""
    other = shop.session(autocommit=False)
    other.execute("insert into app.parent values (500)")
    shop.do("insert into app.child values (300, 500)")
    for age in ("0", "5 min"):
        row = shop.scan_one(min_age=age)
        assert (row["orphans"], row["unconfirmed"]) == (10, 1)
    assert shop.repair("parent_id_ref", min_age="0").run["rows_done"] == 10
    assert 300 in shop.ids()
    other.commit()
    assert shop.scan_one(min_age="0")["unconfirmed"] == 0


def test_enforced_keys_need_no_age(lab: Lab) -> None:
    """One statement sees parent and child or neither, so a row of a moment ago counts."""
    lab.do(
        """create schema if not exists app; create table app.p (id int primary key);
        create table app.c (id int, p int constraint c_fk references app.p);
        set session_replication_role = replica; insert into app.c values (1, 1);
        reset session_replication_role"""
    )
    assert lab.scan_one()["orphans"] == 1
    other = lab.session(autocommit=False)
    other.execute("insert into app.p values (2)")
    other.execute("insert into app.c values (2, 2)")
    row = lab.scan_one()
    assert (row["orphans"], row["unconfirmed"], row["checked_rows"]) == (1, 0, 1)
    other.commit()
    assert lab.scan_one()["orphans"] == 1


def test_the_setting_is_checked_and_obeyed(shop: Lab) -> None:
    shop.do("insert into app.child values (200, 77)")
    shop.do("select pydb.setting_set('orphan_min_age', '0')")
    assert shop.scan_one()["orphans"] == 11


def test_rows_of_old_transactions_count_after_the_numbers_have_gone_round(shop: Lab) -> None:
    """A frozen row shows the number that it was written with, which may lie ahead of the counter by now."""
    shop.do("update pydb_internal.orphan_mark set horizon = horizon")
    ((condition,),) = shop.rows(
        "select pydb_internal.orphan_age(e, '5 min') from pydb_internal.reference_edges() as e"
        " where e.reference ~ 'parent_id_ref'"
    )
    for xmin, old in ((2, True), (4294967290, True), (2147483647, True)):
        query = str(condition).replace("t.xmin::text::bigint", f"{xmin}::bigint")
        assert shop.one(f"select {query}") is old, xmin
