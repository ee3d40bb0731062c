"""Rules ON DELETE: what stands beside a delete runs as usual; rows that nobody counts block a run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from tests.orphans.lab import Lab, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

APP: Final = """
create table t (id int primary key, at timestamptz default '2020-01-01', " :commandType 4 " int);
create table kid (id int primary key, t int references t on delete cascade);
create table other (id int); create table log (id int, what text default 'gone');
insert into t select generate_series(1, 6); insert into kid select i, i from generate_series(1, 3) as i;
insert into other select generate_series(1, 6);
create table loose (id int primary key, t int);
insert into loose select i, i from generate_series(5, 8) as i;
select pydb.reference_set('loose', '{t}', 't', '{id}', 'no action', p_name => 'loose');
create index on kid (t); create index on loose (t);
"""
POLICY: Final = """select pydb.retention_policy_set('p', 't', 'at', '30 days', p_fuse_share => 1,
    p_on_referenced => 'cascade')"""


@pytest.fixture
def lab(dsn: str) -> Iterator[Lab]:
    """A table with a child, and another one that a rule may reach."""
    with contextlib.closing(Lab(dsn)) as made:
        made.do(APP)
        yield made


def test_what_stands_beside_a_delete_runs_and_is_said(lab: Lab) -> None:
    lab.do('create rule also as on delete to t do also insert into log (id) select old." :commandType 4 "')
    lab.do("select pydb.reference_drop('loose')")
    lab.do(POLICY.replace("cascade", "skip"))
    (codes,) = next(iter(lab.rows("select codes from pydb.retention_plan('p') where relation = 'public.t'")))
    assert "rule" in codes
    lab.do("call pydb.retention_run('p')")
    run = lab.last_run()
    assert (run["state"], run["rows_done"]) == ("completed", 9), str(run)
    assert lab.one("select count(*) from log") == 6


@pytest.mark.parametrize(
    "rule",
    [
        "create rule r as on delete to t do also delete from other where other.id = old.id",
        "create rule r as on delete to t where old.id = 2 do instead delete from other where id = old.id",
        "create rule r as on delete to kid do also (select 1; delete from other where id = old.id)",
        """create rule r as on delete to t do also
        with x as (delete from other returning id) insert into log select id from x""",
        # in a cascade none is run at all
        "create rule r as on delete to kid do also insert into log (id) values (old.id)",
    ],
)
def test_rows_that_a_rule_deletes_are_counted_by_nobody(lab: Lab, rule: str) -> None:
    lab.do(POLICY)
    lab.do(rule)
    codes = {
        code for (found,) in lab.rows("select codes from pydb.retention_plan('p')") for code in found or []
    }
    assert "rule" in codes
    with refused("YD111"):
        lab.do("call pydb.retention_run('p')")
    run = lab.last_run()
    assert (run["state"], run["sqlstate"], run["rows_done"]) == ("blocked", "YD016", 0)
    with refused("YD016") as said:
        lab.do("select pydb.retention_batch('p')")
    assert [lab.one(f"select count(*) from {table}") for table in ("t", "other")] == [6, 6]
    lab.do(said.hint)
    lab.do("call pydb.retention_run('p')")
    assert [lab.one(f"select count(*) from {table}") for table in ("t", "other")] == [0, 6]


@pytest.mark.parametrize("action", ["cascade", "set null"])
def test_a_rule_in_the_place_of_what_a_key_does_blocks(lab: Lab, action: str) -> None:
    """The server refuses every row then, also those that nothing references."""
    lab.do("alter table kid drop constraint kid_t_fkey; select pydb.reference_drop('loose')")
    lab.do(f"alter table kid add foreign key (t) references t on delete {action}")
    lab.do(f"create rule r as on {'delete' if action == 'cascade' else 'update'} to kid do instead nothing")
    lab.do(POLICY.replace("'cascade'", "'skip'"))
    codes = {code for (found,) in lab.rows("select codes from pydb.retention_plan('p')") for code in found}
    assert "rule" in codes
    with refused("YD111"):
        lab.do("call pydb.retention_run('p')")
    run = lab.last_run()
    assert (run["state"], run["sqlstate"], run["rows_done"]) == ("blocked", "YD016", 0)
    lab.do(str(lab.one("select detail ->> 'hint' from pydb.job_run order by id desc limit 1")))
    lab.do("call pydb.retention_run('p')")
    assert lab.one("select count(*) from t") == 0


def test_a_disabled_rule_is_no_rule(lab: Lab) -> None:
    lab.do("create rule r as on delete to t do also delete from other; alter table t disable rule r")
    lab.do(POLICY)
    lab.do("call pydb.retention_run('p')")
    assert lab.last_run()["state"] == "completed"
    assert not [
        1 for (codes,) in lab.rows("select codes from pydb.retention_plan('p')") if "rule" in (codes or [])
    ]


def test_a_cascade_runs_no_rule_and_says_so(lab: Lab) -> None:
    """PostgreSQL refuses one for a DELETE within WITH; it would be lost, or half of the cascade."""
    lab.do("create rule also as on delete to kid do also insert into log (id) values (old.id)")
    plan = "select warning, cure from pydb.cascade_plan('t', '[{\"id\": 1}]') where action = 'blocked'"
    ((warning, cure),) = lab.rows(plan)
    assert "beside the delete" in warning
    with refused("YD302") as said:
        lab.do("select pydb.cascade_delete('t', '[{\"id\": 1}]')")
    assert said.hint == cure
    lab.do(cure)
    lab.do("select pydb.cascade_delete('t', '[{\"id\": 1}]')")
    assert lab.ids("kid") == [2, 3]


def test_repairs_and_rules(lab: Lab) -> None:
    lab.do("create rule also as on delete to loose do also insert into log (id) values (old.id)")
    assert lab.repair("loose", mode="quarantine", min_age="0").run["sqlstate"] == "YD016"
    rehearsal = lab.repair("loose", mode="delete", min_age="0", dry_run=True)
    assert "rule also" in rehearsal.effects
    assert lab.repair("loose", mode="delete", min_age="0", max_rows=1).run["rows_done"] == 1
    assert lab.one("select count(*) from log") == 1
    lab.do("create rule more as on delete to loose do also delete from other where id = old.id")
    call = lab.repair("loose", mode="delete", min_age="0")
    assert (call.end, call.run["sqlstate"]) == (("blocked", "error"), "YD016")
    assert lab.one("select count(*) from other") == 6
