"""References with PERIOD, which PostgreSQL has since 18."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.orphans.lab import refused

if TYPE_CHECKING:
    from tests.orphans.lab import Lab

ROOMS = """
create extension btree_gist;
create table room (
    id int, valid daterange, since timestamptz default now() - interval '40 days',
    constraint room_pkey primary key (id, valid without overlaps)
);
create table booking (
    id int primary key, room int, during daterange,
    constraint booking_room foreign key (room, period during) references room (id, period valid)
);
insert into room values
(1, '[2020-01-01,2020-06-01)'), (1, '[2020-06-01,2021-01-01)'), (2, '[2020-01-01,2021-01-01)');
insert into booking values (1, 1, '[2020-05-01,2020-07-01)');
"""


def test_what_overlaps_holds_its_parents(lab: Lab) -> None:
    if lab.db.info.server_version < 180000:
        with pytest.raises(psycopg.errors.SyntaxError):
            lab.do(ROOMS)
        return
    lab.do(ROOMS)
    # a booking covered by two rooms is no orphan, and which of them it needs only the server knows
    ((status, reason, orphans),) = lab.rows("select status, reason, orphans from pydb.orphan_scan()")
    assert (status, orphans) == ("skipped", None)
    assert "PERIOD" in str(reason)
    with refused("YD402", "YD111") as refusal:
        lab.do("call pydb.orphan_repair('public.booking.booking_room', 'delete', p_dry_run => true)")
    assert refusal.hint == "alter table public.booking validate constraint booking_room;"
    lab.do(refusal.hint)

    look = "select indexed, cure from pydb.cascade_plan('room', %s) where relation = 'public.booking'"
    ((indexed, cure),) = lab.rows(look, '[{"id": 2, "valid": "[2020-01-01,2021-01-01)"}]')
    assert (indexed, "using gist" in str(cure)) == (False, True)
    lab.do(str(cure))
    assert lab.rows(look, '[{"id": 2, "valid": "[2020-01-01,2021-01-01)"}]') == [(True, None)]

    plan = "select action, rows from pydb.cascade_plan('room', %s)"
    held = '[{"id": 1, "valid": "[2020-01-01,2020-06-01)"}]'
    assert lab.rows(plan, held) == [("blocked", 1), ("delete", 1)]
    assert lab.rows(plan, '[{"id": 2, "valid": "[2020-01-01,2021-01-01)"}]') == [("check", 0), ("delete", 1)]

    lab.do("select pydb.retention_policy_set('room', 'room', 'since', '30 days', p_fuse_share => 1)")
    assert lab.rows("select rows, blocked_rows from pydb.retention_plan('room')") == [(1, 2)]
    lab.do("call pydb.retention_run('room')")
    assert lab.one("select array_agg(id order by valid) from room") == [1, 1]
