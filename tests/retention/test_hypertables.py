"""A hypertable is told by the catalog of its extension; a table of such a name elsewhere is none.

TimescaleDB itself is not at hand: its entry in the catalog is, with the table that pydb reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import OLD, refused

if TYPE_CHECKING:
    from tests.retention.lab import Lab

CATALOG = """
create schema _timescaledb_catalog;
create table _timescaledb_catalog.hypertable (id int, schema_name name, table_name name);
insert into _timescaledb_catalog.hypertable values (1, 'public', 'Tab le');
"""
MEMBER = """
set allow_system_table_mods = on;
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
select 900000, 'timescaledb', r.oid, 'public'::regnamespace, false, '2.0'
from pg_roles as r where r.rolname = current_user;
alter extension timescaledb add table _timescaledb_catalog.hypertable;
reset allow_system_table_mods;
"""


@pytest.mark.parametrize("action", ["delete", "archive", "drop_partition"])
def test_a_hypertable_is_refused_with_what_drops_its_chunks(lab: Lab, action: str) -> None:
    lab.do('create table public."Tab le" (id int, at timestamptz not null); create table public.plain'
        f" (id int, at timestamptz not null); insert into public.plain values (1, '{OLD}')")  # fmt: skip
    lab.do(CATALOG)
    # so far somebody has made a table of that name
    if action == "delete":
        lab.policy("mine", 'public."Tab le"', action=action)
    lab.do(MEMBER)
    with refused("YD003") as refusal:
        lab.policy("p", 'public."Tab le"', action=action)
    assert "hypertable" in refusal.detail
    assert """drop_chunks('public."Tab le"', older_than =>""" in refusal.hint
    lab.policy("plain", "public.plain", action="delete")
    lab.call("plain")
    assert lab.one("select count(*) from public.plain") == 0
    if action == "delete":
        # a policy from before ends in the log, and deletes nothing
        assert lab.call("mine").sqlstate == "YD111"
        assert lab.one("select sqlstate from pydb.job_run where subject = 'mine'") == "YD003"
