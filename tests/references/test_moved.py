"""A logical reference whose column has become another: what it may keep or take along stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connection

TABLES = """create table "Köpfe" (id int primary key, at timestamptz);
create table rows (k int primary key, t int, "new ""x" int, at timestamptz);
create table below (t int);
insert into "Köpfe" select i, '2024-06-01' from generate_series(1, 4) as i;
insert into rows select i, i, i, '2024-06-01' from generate_series(1, 4) as i;
insert into below select i from generate_series(1, 4) as i;
select pydb.reference_set('rows', '{"new \\"x"}', '"Köpfe"', '{id}', '%s', p_filter => 't > 0');
select pydb.reference_set('below', '{t}', 'rows', '{k}', 'cascade');
select pydb.retention_policy_set('heads', '"Köpfe"', 'at', '30 days', p_fuse_share => 1);
select pydb.retention_policy_set('rows', 'rows', 'at', '30 days', p_fuse_share => 1)"""
CHANGES = {
    "column": 'alter table rows rename "new ""x" to y; alter table rows add "new ""x" int',
    "condition": "alter table rows drop t; alter table rows add t int default 1",
    "key": 'alter table "Köpfe" rename id to old; alter table "Köpfe" add id int unique',
}


@pytest.mark.parametrize(
    ("action", "change"), [("restrict", "column"), ("cascade", "condition"), ("cascade", "key")]
)
def test_nothing_goes_before_somebody_says_which_column_is_meant(
    db: Connection, action: str, change: str
) -> None:
    lab = Lab(db)
    lab.do(TABLES % action)
    lab.do(CHANGES[change])
    for ask in (
        "select * from pydb.retention_plan('heads')",
        "select * from pydb.retention_batch('heads')",
        """select * from pydb.cascade_plan('"Köpfe"', '{"id": 1}')""",
        """select * from pydb.cascade_delete('"Köpfe"', '{"id": 1}')""",
        """select pydb.cascade_request('"Köpfe"', '{"id": 1}')""",
    ):
        with refused("YD103", what=ask) as said:
            lab.rows(ask)
        assert "another has its name" in said.message
        assert "pydb.reference_drop" in said.hint
    with refused("YD110", "YD111"):
        lab.do("call pydb.retention_run('heads')")
    assert lab.rows("select sqlstate, rows_done from pydb.job_run order by id desc limit 1") == [("YD103", 0)]
    assert [lab.number(f"select count(*) from {name}") for name in ('"Köpfe"', "rows", "below")] == [4, 4, 4]
    # what it says nothing of goes, unless a hold may lead there by it
    with_hold = """select pydb.hold_place('case 7', '"Köpfe"', '{"at": "2024-06-01"}', p_reason => 'r')"""
    lab.do(f"begin; {with_hold}")
    with refused("YD103"):
        lab.rows("select * from pydb.retention_plan('rows')")
    lab.do("rollback")
    lab.do("call pydb.retention_run('rows')")
    assert [lab.number(f"select count(*) from {name}") for name in ("rows", "below")] == [0, 0]
    said_then: list[str | None] = []
    db.add_notice_handler(lambda diagnostic: said_then.append(diagnostic.sqlstate))
    again = "select pydb.reference_set('rows', '{%s}', '\"Köpfe\"', '{id}', '%s', p_filter => 't > 0')"
    lab.do("begin")
    for _ in range(2):
        lab.do(again % ('"new \\"x"', action))
    assert [code for code in said_then if code == "YD103"] == ["YD103"]
    lab.do("rollback")
    lab.rows("select pydb.reference_drop(reference) from pydb.reference_list where status <> 'ok'")
    lab.do("call pydb.retention_run('heads')")
    assert lab.number('select count(*) from "Köpfe"') == 0
