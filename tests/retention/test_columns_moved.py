"""Another column has the name of one that a policy names: nothing goes before somebody says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connection

TABLE = """create table "Läufe" (
    id int primary key, "Zeit ""z""s" timestamptz, k text, rows int, new interval
);
insert into "Läufe" select i, '2024-06-01', 'old', i, '1 day' from generate_series(1, 4) as i;
create index on "Läufe" (k, "Zeit ""z""s");
create table held (who int primary key, t interval); insert into held values (1, '5000 days')"""
SET = "select pydb.retention_policy_set('runs', '\"Läufe\"', 'Zeit \"z\"s', '30 days', p_fuse_share => 1{})"
RENAMED = 'alter table "Läufe" rename {0} to other; alter table "Läufe" add {0} {1}'


@pytest.mark.parametrize(
    ("more", "change"),
    [
        ("", RENAMED.format('"Zeit ""z""s"', "timestamptz default '2023-01-01'")),
        (", p_filter => $$k <> 'keep' and id > 1$$", RENAMED.format("k", "text default ''")),
        (
            ", p_filter => 'rows > 0'",
            'alter table "Läufe" drop rows; alter table "Läufe" add rows int default 7',
        ),
        (", p_keep_column => 'new'", RENAMED.format("new", "interval")),
        (", p_keep_last => 1, p_keep_last_by => '{k}', p_combine => 'and'", RENAMED.format("k", "text")),
        (
            ", p_keep_table => 'held', p_keep_by => '{rows}', p_keep_key => '{who}', p_keep_value => 't'",
            "alter table held rename t to other; alter table held add t interval",
        ),
    ],
    ids=["time", "filter", "dropped", "keep", "last", "mapping"],
)
def test_another_column_of_the_name_stops_plan_and_run(db: Connection, more: str, change: str) -> None:
    lab = Lab(db)
    lab.do(TABLE)
    lab.do(SET.format(more))
    assert lab.rows("select codes from pydb.retention_plan() where 'fails' = any(codes)") == []
    lab.do(change)
    with refused("YD103") as said:
        lab.rows("select * from pydb.retention_plan('runs')")
    assert "another has its name" in said.message
    assert "pydb policy show runs" in str(said.hint)
    with refused("YD111", "YD110"):
        lab.do("call pydb.retention_run('runs')")
    with refused("YD103"):
        lab.rows("select * from pydb.retention_batch('runs')")
    assert lab.rows("select sqlstate, rows_done from pydb.job_run order by id desc limit 1") == [("YD103", 0)]
    assert lab.number('select count(*) from "Läufe"') == 4
    said_then: list[str | None] = []
    db.add_notice_handler(lambda diagnostic: said_then.append(diagnostic.sqlstate))
    lab.do('create index on "Läufe" (k, "Zeit ""z""s")')
    lab.do(SET.format(more))  # by these columns, then
    lab.do(SET.format(more))
    assert said_then == ["YD103"]
    lab.rows("select * from pydb.retention_plan('runs')")


def test_a_policy_that_is_set_by_the_new_name_of_its_column_is_about_the_same(db: Connection) -> None:
    lab = Lab(db)
    lab.do(TABLE)
    lab.do(SET.format(", p_filter => 'k <> ''new'''"))
    lab.do('alter table "Läufe" rename k to kind; alter table "Läufe" add k text')
    said_then: list[str | None] = []
    db.add_notice_handler(lambda diagnostic: said_then.append(diagnostic.sqlstate))
    lab.do(SET.format(", p_filter => 'kind <> ''new'''"))
    assert said_then == []
    lab.do("call pydb.retention_run('runs')")
    assert lab.number('select count(*) from "Läufe"') == 0
