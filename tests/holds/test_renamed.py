"""A hold names columns: whatever these are called later, it is never about others that have their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.holds.conftest import place, policy, run
from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connection

# names as somebody else gives them, some of them ours
TABLE = """create table "Käufe" (new int primary key, at timestamptz, "Fäll ""7" int, k int, t int, rows int);
insert into "Käufe" select i, '2024-06-01', 1, 1, 1, 1 from generate_series(1, 4) as i"""
RENAMED = 'alter table "Käufe" rename {0} to other; alter table "Käufe" add {0} int default 0'
DROPPED = 'alter table "Käufe" drop {0}; alter table "Käufe" add {0} int default 0'
EXCHANGED = """alter table "Käufe" add other int default 0; alter table "Käufe" rename {0} to kept;
alter table "Käufe" rename other to {0}; alter table "Käufe" rename kept to other"""
GONE = 'alter table "Käufe" rename {0} to other'


@pytest.fixture
def bought(db: Connection) -> Lab:
    made = Lab(db)
    made.do(TABLE)
    policy(made, "all", '"Käufe"')
    return made


@pytest.mark.parametrize(
    ("hold", "change", "column", "said"),
    [
        ((None, 'k = 1 and "Fäll ""7" = 1'), RENAMED, '"Fäll ""7"', "is called other by now, and another"),
        ((None, "k = 1"), DROPPED, "k", "was dropped, and another has its name"),
        ((None, "t = 1 or rows = 7"), EXCHANGED, "t", "is called other by now, and another has its name"),
        (('{"rows": 1, "k": 1}',), RENAMED, "rows", "is called other by now, and another has its name"),
        (('{"k": 1}',), EXCHANGED, "k", "is called other by now, and another has its name"),
        ((None, None, '{"t": 1}'), DROPPED, "t", "was dropped, and another has its name"),
        ((None, None, '{"Fäll \\"7": 1}'), RENAMED, '"Fäll ""7"', "is called other by now, and another"),
        ("everywhere", RENAMED, "t", "is called other by now, and another has its name"),
        ("everywhere", GONE, "t", "has no column t whose values can be read"),
    ],
)
def test_another_column_that_has_the_name_frees_no_row(
    bought: Lab, hold: tuple[str | None, ...] | str, change: str, column: str, said: str
) -> None:
    if hold == "everywhere":
        place(bought, "case 7", None, None, None, '{"t": 1}')
    else:
        place(bought, "case 7", '"Käufe"', *hold)
    assert run(bought, "call pydb.retention_run('all')")[:2] == ("partial", "held")
    bought.do(change.format(column))
    state, problem, hint = bought.rows("select state, problem, hint from pydb.hold_status")[0]
    assert state == "broken"
    assert said in str(problem)
    assert "pydb hold release 'case 7' --reason …" in str(hint)
    assert bought.rows(
        "select status, reason_code, detail -> 'findings' -> 0 ->> 'detail' from pydb.health('{holds}')"
    ) == [("error", "hold_broken", f"case 7: {problem}")]
    assert run(bought, "call pydb.retention_run('all')", "YD704")[:2] == ("blocked", "held")
    with refused("YD704"):
        bought.rows("""select * from pydb.cascade_delete('"Käufe"', '{"new": 2}')""")
    assert bought.number('select count(*) from "Käufe"') == 4
    bought.rows("select * from pydb.hold_release('case 7', 'over')")
    assert run(bought, "call pydb.retention_run('all')")[:2] == ("completed", "exhausted")


def test_a_column_of_another_name_is_followed_when_the_name_comes_back(bought: Lab) -> None:
    place(bought, "case 7", '"Käufe"', None, "k = 1")
    bought.do(RENAMED.format("k"))
    bought.do('alter table "Käufe" drop k; alter table "Käufe" rename other to k')
    assert bought.rows("select state, problem from pydb.hold_status") == [("active", None)]
    assert run(bought, "call pydb.retention_run('all')")[:4] == ("partial", "held", 0, 4)


def test_an_override_exempts_no_others(bought: Lab) -> None:
    place(bought, "case 7", '"Käufe"')
    bought.rows("""select pydb.hold_override('case 7', '"Käufe"', '{"k": 0}', 'the judge agreed')""")
    bought.do(RENAMED.format("k"))
    assert run(bought, "call pydb.retention_run('all')", "YD704")[:2] == ("blocked", "held")


def test_a_purge_takes_nothing_of_a_table_whose_filter_means_another_column(bought: Lab) -> None:
    policy(bought, "all", '"Käufe"', p_action="'archive'")
    run(bought, "call pydb.retention_run('all')")
    assert bought.number('select count(*) from "Käufe"') == 0
    place(bought, "case 7", '"Käufe"', None, "k = 1")
    bought.do(RENAMED.format("k"))
    archive = 'pydb_archive."public__Käufe"'
    bought.do(
        f"alter table {archive} rename k to other; alter table {archive} add k int default 0;"
        " update pydb.archive_run set last_at = last_at - interval '40 years'"
    )
    assert run(bought, "call pydb.archive_purge()")[:3] == ("partial", "held", 0)
    assert bought.number(f"select count(*) from {archive}") == 4
