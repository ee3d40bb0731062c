"""A database with holds is dumped and restored: what was held is held there, by every path."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import psycopg

from tests.holds.conftest import place, policy, run
from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.servers import TestServer


def test_a_restored_dump_comes_back_held(lab: Lab, dsn: str, empty_dsn: str, server: TestServer) -> None:
    place(lab, "key", "customer", '[{"id": 3}]')
    place(lab, "filter", '"Bestellung ä"', None, "id = 1")
    place(lab, "tenant", None, None, None, '{"tenant_id": 2}')
    lab.rows("select pydb.hold_override('tenant', 'customer', '[{\"id\": 5}]', 'the judge agreed')")
    lab.rows("select * from pydb.hold_release('tenant', 'over')")
    # what a dump leaves out is no column that moved; what moved before it has moved
    lab.do(
        """create table "Käufe" (gone int, k int); alter table "Käufe" drop gone;
        create table rows (t int, k int); create table above (k int, x int);
        create table child (own int, k int, x int); alter table child inherit above"""
    )
    place(lab, "same", '"Käufe"', '{"k": 1}')
    place(lab, "other", "rows", None, "k = 1")
    place(lab, "inherits", "child", None, "own = 1")  # whose own columns come last in a dump
    lab.do("alter table rows rename k to was_k; alter table rows add k int")
    policy(lab, "orders", '"Bestellung ä"')
    dump = subprocess.run([str(server.bin_dir / "pg_dump"), "-Fc", dsn], capture_output=True, check=True)
    restore = [str(server.bin_dir / "pg_restore"), "--exit-on-error", "-d", empty_dsn]
    subprocess.run(restore, input=dump.stdout, capture_output=True, check=True)
    with psycopg.connect(empty_dsn, autocommit=True) as db:
        other = Lab(db)
        assert other.rows("select name, state from pydb.hold_status order by name") == lab.rows(
            "select name, state from pydb.hold_status order by name"
        )
        assert other.rows("select name, problem from pydb.hold_status where state = 'broken'") == [
            ("other", "column k of public.rows is another than it was")
        ]
        # its columns have other numbers, and are the same: to set it again is no change
        policy(other, "orders", '"Bestellung ä"')
        assert other.rows(
            "select version, (columns_seen[1]).relation = target::oid from pydb.retention_policy"
            " where name = 'orders'"
        ) == [(1, True)]
        db.execute("select pydb.guard_allow('the dump of this test')")
        with refused("YD703"):
            other.rows("select * from pydb.cascade_delete('customer', '{\"id\": 3}')")
        assert run(other, "call pydb.retention_run('orders')") == (
            "partial", "held", 57, 5, ["key", "filter"]
        )  # fmt: skip
        assert [row[0] for row in other.rows('select id from "Bestellung ä" order by id')] == [
            1,
            2,
            8,
            14,
            20,
        ]
        # the gate came along: a hold placed there holds, and a release lets go
        place(other, "later", "product")
        with refused("YD703"):
            other.rows("select * from pydb.cascade_delete('product', '{\"id\": 1}')")
        other.rows("select * from pydb.hold_release('key', 'over')")
        other.rows("select * from pydb.hold_release('filter', 'over')")
        other.rows("select * from pydb.hold_release('later', 'over')")
        assert run(other, "call pydb.retention_run('orders')")[:3] == ("completed", "exhausted", 15)
