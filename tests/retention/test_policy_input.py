"""Policy input that must be refused (cases A1-A18): with its own code, and with nothing stored or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import NOW, OLD, Lab, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect

# each filter is a try to say more than one boolean expression over one table
ESCAPES = (
    "'; drop table public.t; --",
    "true; drop table public.t",
    "true) or (1=1",
    "1), now(",
    "true -- and then",
    "true /* and then */",
    "kind = $$a$$",
    "kind = $a$a$a$",
    r"kind = E'\x61'",
    r"kind = U&'\0061'",
    "kind = 'a",
    'kind = "a',
    "(kind = 'a'",
    "",
    " \n\t",
    "true, true",
    "kind = 'a' as x",
    "x" * 10_001,
)
FORBIDDEN = (
    "id in (select 1)",
    "exists (select)",
    "(select true)",
    "random() < 0.5",
    "pg_sleep(0) is null",
    "set_config('a.b', 'c', true) is null",
    "lo_unlink(1) = 1",
    "public.mine(id)",
    "id operator(public.===) 1",
    "id::public.evil > 0",
    "(array[id]::public.evil[])[1] > 0",
    "query_to_xml('select 1', true, true, '') is null",
    "count(*) > 0",
    "row_number() over () > 0",
    "generate_series(1, 2) > 1",
    "other.id = 1",
    "pg_read_file('postgresql.conf') is null",
    "nextval('public.s') > 0",
    "clock_timestamp() > at",
    "pg_notify('a', 'b') is null",
    "no_such_column",
    "no_such_function(id)",
)


def untouched(lab: Lab) -> None:
    assert lab.number("select count(*) from pydb.retention_policy") == 0
    assert lab.number("select count(*) from pydb.audit_log") == 0
    assert lab.number("select count(*) from public.t") == 7


@pytest.mark.parametrize("keep", ["-10 minutes", "0", None, "infinity years", "1 mon -31 days", "6000 years"])
def test_a01_keep_that_is_no_age_is_refused(table: Lab, keep: str | None) -> None:
    with refused("YD101", "22007", "22008") as refusal:
        table.policy(keep=keep)
    assert refusal.sqlstate == "YD101" or keep == "infinity years"
    untouched(table)


def test_a01_keep_that_is_no_interval_is_refused(table: Lab) -> None:
    with refused("22007"):
        table.policy(keep="xx")
    untouched(table)


def test_a01_keep_whose_days_outweigh_its_months_is_refused(table: Lab) -> None:
    # compares as one day, and puts the cutoff ahead of the clock whenever the month is short
    with refused("YD101", "YD105"):
        table.policy(keep="1 mon -30 days", allow_short=True)
    untouched(table)


def test_a02_keep_below_the_floor_needs_the_flag_and_is_audited(table: Lab) -> None:
    with refused("YD101") as refusal:
        table.policy(keep="59 minutes")
    assert "min_keep" in refusal.detail
    untouched(table)
    table.policy(keep="59 minutes", allow_short=True)
    assert table.one("select arguments ->> 'allow_short' from pydb.audit_log") == "true"
    assert table.one("select arguments -> 'new' ->> 'keep' from pydb.audit_log") == "00:59:00"
    table.policy(keep="1 hour")


def test_a02_the_floor_is_the_setting(table: Lab) -> None:
    table.do("select pydb.setting_set('min_keep', '7 days')")
    with refused("YD101"):
        table.policy(keep="6 days")
    assert table.number("select count(*) from pydb.retention_policy") == 0


@pytest.mark.parametrize("name", ["public.missing", 'public."no such"'])
def test_a03_a_table_that_does_not_exist_is_one_clear_error(table: Lab, name: str) -> None:
    with refused("YD004"):
        table.do(f"select pydb._relation_resolve('{name}')")
    with refused("42P01"):
        table.policy(table=name)
    with refused("YD004"):
        table.policy(table=None)
    untouched(table)


def test_a04_an_unqualified_name_in_two_schemas_is_refused(table: Lab) -> None:
    table.do("create schema other; create table other.t (at timestamptz); set search_path = other, public")
    with refused("YD004") as refusal:
        table.do("select pydb._relation_resolve('t')")
    assert "other.t" in refusal.detail
    assert "public.t" in refusal.detail
    table.do("create table public.only_here (); set search_path = other")
    assert table.one("select pydb._relation_resolve('only_here')::oid = 'public.only_here'::regclass") is True


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("public.v", "view"),
        ("public.m", "materialized view"),
        ("public.f", "foreign table"),
        ("pg_temp.x", "temporary"),
        ("toast", "toast"),
        ("public.s", "sequence"),
        ("public.t_pkey", "index"),
        ("public.c", "not a table"),
        ("pg_catalog.pg_class", "system table"),
        ("information_schema.sql_features", "system table"),
        ("pydb.job_run", "own tables"),
        ("pydb.audit_log", "own tables"),
    ],
)
def test_a05_what_is_no_ordinary_table_is_refused_by_its_kind(table: Lab, name: str, said: str) -> None:
    table.do(
        """create view public.v as select * from public.t;
        create materialized view public.m as select * from public.t;
        create foreign data wrapper w; create server far foreign data wrapper w;
        create foreign table public.f (at timestamptz) server far;
        create temporary table x (at timestamptz);
        create sequence public.s; create type public.c as (at timestamptz);"""
    )
    if name == "toast":
        name = str(table.one("select reltoastrelid::regclass::text from pg_class where oid = 'public.t'::regclass"))
    with refused("YD003") as refusal:
        table.policy(table=name)
    assert said in refusal.detail
    untouched(table)


def test_a06_a_table_without_a_key_is_pruned_by_place_and_the_plan_says_so(table: Lab) -> None:
    table.do("alter table public.t drop constraint t_pkey; insert into public.t select * from public.t")
    table.policy()
    assert "ctid" in table.warnings()
    assert table.prune().rows_done == 8
    assert table.rows("select id, count(*) from public.t group by 1 order by 1") == [(5, 2), (6, 2), (7, 2)]


@pytest.mark.parametrize(
    "column", ["missing", "txt", "js", "arr", "tz", "num", "small", "ctid", "tableoid", "dropped", None, "iv"]
)
def test_a07_a_column_that_cannot_tell_time_is_refused(table: Lab, column: str | None) -> None:
    table.do(
        """alter table public.t add txt text, add js jsonb, add arr timestamptz [], add tz timetz, add num numeric,
        add small smallint, add iv interval, add dropped timestamptz;
        alter table public.t drop column dropped"""
    )
    with refused("YD102"):
        table.policy(column=column)
    untouched(table)


@pytest.mark.parametrize(
    "change",
    ["drop column at", "rename column at to was_at", "alter column at type text", "alter column at type timestamp"],
)
def test_a07_a_column_lost_later_stops_the_run_without_a_deletion(table: Lab, change: str) -> None:
    table.policy()
    table.do(f"alter table public.t {change}")
    with refused("YD102"):
        table.plan()
    call = table.call()
    assert call.sqlstate in ("YD110", "YD111")
    assert (call.run.stop_reason, call.run.sqlstate, call.run.rows_done) == ("error", "YD102", 0)
    assert call.run.state in ("failed", "blocked")
    assert table.number("select count(*) from public.t") == 7


def test_a08_rows_without_a_time_never_expire_and_are_counted(table: Lab) -> None:
    table.policy()
    (row,) = table.plan()
    assert row.null_rows == 1
    assert "1 row without at" in "\n".join(row.warnings)
    table.prune()
    assert table.ids() == [5, 6, 7]


def test_a09_infinite_times(table: Lab) -> None:
    table.do("insert into public.t values (8, 'infinity'), (9, '-infinity'), (10, '0044-03-15 BC')")
    table.policy()
    (row,) = table.plan()
    assert row.rows == 5
    assert "1 row at -infinity" in "\n".join(row.warnings)
    table.prune()
    assert table.ids() == [5, 6, 7, 8, 9]
    table.policy(expire_minus_infinity=True)
    table.prune()
    assert table.ids() == [5, 6, 7, 8]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_a10_an_epoch_needs_its_unit_and_the_right_one(table: Lab, unit: str) -> None:
    factor = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    table.do(f"create table public.e as select id, (extract(epoch from at) * {factor})::int8 as ep from public.t")
    with refused("YD102") as refusal:
        table.policy(table="public.e", column="ep")
    assert "unit" in refusal.detail
    for wrong in {"s", "ms", "us"} - {unit}:
        with refused("YD102"):
            table.policy(table="public.e", column="ep", time_unit=wrong)
    for nonsense in ("ns", "timestamptz", "minutes"):
        with refused("YD102"):
            table.policy(table="public.e", column="ep", time_unit=nonsense)
    untouched(table)
    table.policy(table="public.e", column="ep", time_unit=unit)
    assert table.prune("public.e").rows_done == 4


def test_a10_a_few_odd_epochs_are_no_reason_to_refuse(table: Lab) -> None:
    table.do(
        """create table public.e (id int, ep int8);
        insert into public.e select i, 1700000000 from generate_series(1, 100) as i;
        insert into public.e values (101, 0), (102, -9223372036854775808), (103, 9223372036854775807);"""
    )
    table.policy(table="public.e", column="ep", time_unit="s")
    assert table.planned() == 102
    table.prune("public.e")
    assert table.ids("public.e") == [103]


@pytest.mark.parametrize("given", ESCAPES, ids=range(len(ESCAPES)))
def test_a11_a_filter_that_leaves_its_parentheses_is_refused(table: Lab, given: str) -> None:
    with refused("YD103"):
        table.policy(filter=given)
    untouched(table)


@pytest.mark.parametrize("given", FORBIDDEN)
def test_a12_a_filter_with_what_is_not_allowed_is_refused(table: Lab, given: str) -> None:
    table.do(
        """create sequence public.s; create table public.called (); create table public.other (id int);
        create function public.mine(int) returns boolean language sql immutable as 'select true';
        create function public.same(int, int) returns boolean language sql immutable as 'select true';
        create operator public.=== (leftarg = int, rightarg = int, function = public.same);
        create function public.spy(int) returns boolean language plpgsql immutable as
            'begin create table if not exists public.spied (); return true; end';
        create domain public.evil as int check (public.spy(value));"""
    )
    with refused("YD103"):
        table.policy(filter=given)
    assert table.one("select to_regclass('public.spied')") is None
    untouched(table)


def test_a12_a_filter_runs_only_as_a_role_that_its_author_could_become(
    table: Lab, connect: Connect, role: Callable[..., str]
) -> None:
    author, runner = role("author"), role("runner")
    table.do(
        f"""grant usage on schema pydb to {author}, {runner}; grant execute on all routines in schema pydb to {author},
        {runner}; grant select, delete, update on public.t to {author}, {runner}"""
    )
    theirs = Lab(connect(author))
    theirs.policy(filter="kind = 'a'")
    other = connect(runner)
    with refused("YD111"):
        other.execute("call pydb.retention_run('p')")
    with refused("YD114"):
        other.execute("select * from pydb.retention_batch('p')")
    assert table.rows("select state, stop_reason, sqlstate, rows_done from pydb.job_run") == [
        ("blocked", "error", "YD114", 0)
    ]
    assert table.number("select count(*) from public.t") == 7
    assert theirs.rows("select rows_done from pydb.retention_batch('p', p_now => %s)", NOW) == [(4,)]
    assert table.ids() == [5, 6, 7]


@pytest.mark.parametrize("given", ["1", "'text'", "id", "null::int", "at", "array[true]"])
def test_a13_a_filter_of_another_type_is_refused(table: Lab, given: str) -> None:
    with refused("YD103"):
        table.policy(filter=given)
    untouched(table)


@pytest.mark.parametrize("given", ["1 / (id - 3) > 0", "kind::int > 0", "at + (id || ' no')::interval > at"])
def test_a13_a_filter_that_fails_on_a_row_is_refused(table: Lab, given: str) -> None:
    with refused("YD103"):
        table.policy(filter=given)
    untouched(table)


def test_a13_a_filter_that_fails_later_fails_the_run_and_deletes_nothing(table: Lab) -> None:
    table.policy(filter="100 / n > 0")
    table.do("insert into public.t values (8, '2024-06-01', 'a', 0)")
    call = table.call()
    assert call.sqlstate == "YD110"
    assert (call.run.end, call.run.sqlstate, call.run.rows_done) == (("failed", "error"), "22012", 0)
    assert table.number("select count(*) from public.t") == 8


@pytest.mark.parametrize(
    "terms",
    [
        {"batch_target": "0"},
        {"batch_target": "-1 s"},
        {"batch_target": "9 ms"},
        {"batch_target": "61 s"},
        {"max_rows": 0},
        {"max_rows": -1},
        {"max_runtime": "0"},
        {"max_runtime": "-1 s"},
        {"rows_per_second": 0},
        {"rows_per_second": -1},
        {"fuse_rows": 0},
        {"fuse_share": 0},
        {"fuse_share": -0.1},
        {"fuse_share": 1.1},
        {"fuse_share": None},
        {"fuse_share": "NaN"},
    ],
    ids=str,
)
def test_a14_bounds_are_refused_and_named(table: Lab, terms: dict[str, object]) -> None:
    with refused("YD109") as refusal:
        table.policy(**terms)
    assert f"p_{next(iter(terms))}" in refusal.detail
    assert "at least" in refusal.detail or "to" in refusal.detail or "must be" in refusal.detail
    untouched(table)


@pytest.mark.parametrize("rows", [0, -1, 1_000_001, 2**31, None])
def test_a14_batch_sizes_out_of_bounds_are_refused(table: Lab, rows: int | None) -> None:
    table.policy()
    with refused("YD001") as refusal:
        table.rows("select * from pydb.retention_batch('p', %s::bigint)", rows)
    assert "1000000" in refusal.detail
    assert table.number("select count(*) from public.t") == 7


@pytest.mark.parametrize("terms", [{"max_rows": 0}, {"max_rows": -1}, {"max_runtime": "0"}, {"max_runtime": "-1 s"}], ids=str)
def test_a14_run_budgets_out_of_bounds_are_refused(table: Lab, terms: dict[str, object]) -> None:
    table.policy()
    call = table.call(**terms)
    assert (call.sqlstate, call.runs) == ("YD001", [])
    assert table.number("select count(*) from public.t") == 7


@pytest.mark.parametrize(
    ("terms", "sqlstate"),
    [
        ({"action": "truncate"}, "YD001"),
        ({"action": None}, "YD001"),
        ({"action": "archive"}, "YD108"),
        ({"action": "nullify"}, "YD108"),
        ({"action": "drop_partition"}, "YD108"),
        ({"on_referenced": "ignore"}, "YD001"),
        ({"on_referenced": "cascade"}, "YD108"),
        ({"strategy": "fast"}, "YD001"),
        ({"strategy": "partition"}, "YD108"),
        ({"strategy": "index"}, "YD108"),
        ({"timezone": "Europe/Atlantis"}, "YD001"),
        ({"timezone": None}, "YD001"),
        ({"enabled": None}, "YD001"),
        ({"expire_minus_infinity": None}, "YD001"),
        ({"name": ""}, "YD006"),
        ({"name": None}, "YD006"),
        ({"name": "é" * 32}, "YD006"),
    ],
    ids=str,
)
def test_choices_that_do_not_exist_are_refused(table: Lab, terms: dict[str, object], sqlstate: str) -> None:
    with refused(sqlstate):
        table.policy(**terms)  # type: ignore[arg-type]
    untouched(table)


@pytest.mark.parametrize("given", ["", "* * * *", "* * * * * *", "@reboot", "60 * * * *", "a b c d e", "5 5 30 2 *"])
def test_a15_a_bad_schedule_stores_nothing(table: Lab, given: str) -> None:
    with refused("YD501"):
        table.policy(schedule=given)
    untouched(table)


def test_a15_a_schedule_in_seconds_is_refused_without_a_pg_cron_that_knows_it(table: Lab) -> None:
    with refused("YD501"):
        table.policy(schedule="30 seconds")
    untouched(table)


def test_a16_the_same_policy_again_is_no_change(table: Lab) -> None:
    terms: dict[str, object] = {"filter": "kind = 'a'", "max_rows": 100, "fuse_share": 0.5, "schedule": "15 3 * * *"}
    first = table.policy(**terms)
    again = table.policy(**terms)
    assert again == first
    assert table.audit() == [("retention_policy_set", "p")]
    changed = table.policy(**{**terms, "max_rows": 101})
    assert (changed["version"], first["version"]) == (2, 1)
    assert len(table.audit()) == 2


def test_a16_a_month_is_not_thirty_days(table: Lab) -> None:
    table.policy(keep="30 days")
    table.policy(keep="1 mon")
    assert table.one("select keep::text from pydb.retention_policy") == "1 mon"
    table.policy(keep="720:00:00")
    assert table.one("select keep::text from pydb.retention_policy") == "720:00:00"
    assert len(table.audit()) == 3


def test_a16_two_policies_that_disagree_are_refused(table: Lab) -> None:
    table.policy("short", keep="10 days")
    with refused("YD107") as refusal:
        table.policy("long", keep="20 days")
    assert "short" in refusal.message
    assert table.number("select count(*) from pydb.retention_policy") == 1
    table.policy("other rows", keep="20 days", filter="kind = 'b'")
    with refused("YD107"):
        table.policy("yet other", keep="30 days", filter="(kind) = 'b'::text")


def test_a18_a_policy_that_takes_everything_is_stopped_by_the_fuse(table: Lab) -> None:
    table.do("delete from public.t where id > 4")
    table.policy(fuse_share=0.5)
    assert "fuse" in table.warnings()
    call = table.call()
    assert call.sqlstate == "YD111"
    assert (call.run.end, call.run.sqlstate, call.run.rows_done) == (("blocked", "fuse"), "YD104", 0)
    assert table.ids() == [1, 2, 3, 4]
    with refused("YD104"):
        table.batch()
    assert table.ids() == [1, 2, 3, 4]


def test_a18_a_clock_that_jumps_ahead_is_stopped_by_the_fuse(table: Lab) -> None:
    table.do("delete from public.t where at is null")
    table.policy(fuse_share=0.9)
    assert table.run(now=NOW.replace(month=6)).end == ("blocked", "fuse")
    assert table.number("select count(*) from public.t") == 6


def test_a18_the_fuse_is_not_fooled_by_stale_statistics(lab: Lab) -> None:
    # more than 4096 pages, so that the total is estimated: nine tenths are gone since the last ANALYZE
    lab.do(
        f"""create table public.t (id int, at timestamptz, fat text);
        alter table public.t alter column fat set storage plain;
        insert into public.t select i, '{OLD}', repeat('x', 2000) from generate_series(1, 17000) as i;
        analyze public.t;
        delete from public.t where id > 1700;
        select pg_stat_force_next_flush()"""
    )
    lab.policy(fuse_share=0.5)
    assert lab.run().end == ("blocked", "fuse")
    assert lab.number("select count(*) from public.t") == 1700


def test_the_future_is_refused(table: Lab) -> None:
    table.policy()
    ahead = NOW.replace(year=NOW.year + 100)
    with refused("YD105"):
        table.plan(now=ahead)
    with refused("YD105"):
        table.rows("select * from pydb.retention_batch('p', 10, null, %s)", ahead)
    call = table.call(now=ahead)
    assert call.sqlstate == "YD111"
    assert (call.run.end, call.run.sqlstate) == (("blocked", "fuse"), "YD105")
    assert table.number("select count(*) from public.t") == 7


def test_unknown_policies_are_named_with_the_known_ones(table: Lab) -> None:
    table.policy("known")
    for statement in (
        "select * from pydb.retention_plan('unknown')",
        "select * from pydb.retention_batch('unknown')",
        "call pydb.retention_run('unknown')",
        "select pydb.retention_policy_drop('unknown')",
        "select pydb.retention_pause('unknown')",
        "select pydb.retention_resume('unknown')",
    ):
        with refused("YD002") as refusal:
            table.do(statement)
        assert "known" in refusal.detail
    assert table.number("select count(*) from pydb.job_run") == 0
