"""Policy input that must be refused (cases A1-A18): with its own code, and with nothing stored or changed."""

from __future__ import annotations

import pytest

from tests.retention.lab import NOW, OLD, Lab, refused, untouched


@pytest.mark.parametrize("keep", ["-10 minutes", "0", None, "infinity", "1 mon -31 days", "6000 years"])
def test_a01_keep_that_is_no_age_is_refused(table: Lab, keep: str | None) -> None:
    # PostgreSQL 15 knows no infinite interval, 18 does
    with refused(*(("YD101", "22007") if keep == "infinity" else ("YD101",))):
        table.policy(keep=keep)
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
    assert table.number("select count(*) from pydb.retention_policy where not builtin") == 0


@pytest.mark.parametrize("name", ["public.missing", 'public."no such"'])
def test_a03_a_table_that_does_not_exist_is_one_clear_error(table: Lab, name: str) -> None:
    with refused("YD004"):
        table.do(f"select pydb_internal.relation_resolve('{name}')")
    with refused("42P01"):
        table.policy(table=name)
    with refused("YD004"):
        table.policy(table=None)
    untouched(table)


def test_a04_an_unqualified_name_in_two_schemas_is_refused(table: Lab) -> None:
    table.do("create schema other; create table other.t (at timestamptz); set search_path = other, public")
    with refused("YD004") as refusal:
        table.do("select pydb_internal.relation_resolve('t')")
    assert "other.t" in refusal.detail
    assert "public.t" in refusal.detail
    table.do("create table public.only_here (); set search_path = other")
    assert (
        table.one("select pydb_internal.relation_resolve('only_here')::oid = 'public.only_here'::regclass")
        is True
    )


def test_a05_what_is_no_ordinary_table_is_refused_by_its_kind(table: Lab) -> None:
    table.do(
        """create view public.v as select * from public.t;
        create materialized view public.m as select * from public.t;
        create foreign data wrapper w; create server far foreign data wrapper w;
        create foreign table public.f (at timestamptz) server far;
        create temporary table x (at timestamptz);
        create sequence public.s; create type public.c as (at timestamptz);"""
    )
    toast = table.one("select reltoastrelid::regclass::text from pg_class where oid = 'public.t'::regclass")
    for name, said in (
        ("public.v", "view"),
        ("public.m", "materialized view"),
        ("public.f", "foreign table"),
        ("pg_temp.x", "temporary"),
        (toast, "toast"),
        ("public.s", "sequence"),
        ("public.t_pkey", "index"),
        ("public.c", "not a table"),
        ("pg_catalog.pg_class", "system table"),
        ("information_schema.sql_features", "system table"),
        ("pydb.job_run", "own tables"),
        ("pydb.audit_log", "own tables"),
    ):
        with refused("YD003", what=name) as refusal:
            table.policy(table=name)
        assert said in refusal.detail
    untouched(table)


def test_a06_a_table_without_a_key_is_pruned_by_place_and_the_plan_says_so(table: Lab) -> None:
    table.do("alter table public.t drop constraint t_pkey; insert into public.t select * from public.t")
    table.policy()
    assert "ctid" in table.warnings()
    assert table.prune().rows_done == 8
    assert table.rows("select id, count(*) from public.t group by 1 order by 1") == [(5, 2), (6, 2), (7, 2)]


def test_a07_a_column_that_cannot_tell_time_is_refused(table: Lab) -> None:
    table.do(
        """alter table public.t add txt text, add js jsonb, add arr timestamptz [], add tz timetz,
        add num numeric,
        add small smallint, add iv interval, add dropped timestamptz;
        alter table public.t drop column dropped"""
    )
    for column in (
        "missing",
        "txt",
        "js",
        "arr",
        "tz",
        "num",
        "small",
        "ctid",
        "tableoid",
        "dropped",
        None,
        "iv",
    ):
        with refused("YD102", what=column):
            table.policy(column=column)
    untouched(table)


@pytest.mark.parametrize(
    "change",
    [
        "drop column at",
        "rename column at to was_at",
        "alter column at type text",
        "alter column at type timestamp",
    ],
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
    assert row.rows == 4
    assert "1 row at -infinity" in "\n".join(row.warnings)
    table.prune()
    assert table.ids() == [5, 6, 7, 8, 9, 10]
    table.policy(expire_minus_infinity=True)
    table.prune()
    assert table.ids() == [5, 6, 7, 8, 10]
    table.policy(expire_minus_infinity=True, expire_implausible=True)
    table.prune()
    assert table.ids() == [5, 6, 7, 8]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_a10_an_epoch_needs_its_unit_and_the_right_one(table: Lab, unit: str) -> None:
    factor = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    table.do(
        f"create table public.e as select id, (extract(epoch from at) * {factor})::int8 as ep from public.t"
    )
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
    assert table.prune().rows_done == 4


def test_a10_a_few_odd_epochs_are_no_reason_to_refuse(table: Lab) -> None:
    table.do(
        """create table public.e (id int, ep int8);
        insert into public.e select i, 1700000000 from generate_series(1, 100) as i;
        insert into public.e values (101, 0), (102, -9223372036854775808), (103, 9223372036854775807);"""
    )
    table.policy(table="public.e", column="ep", time_unit="s")
    assert table.planned() == 100
    table.prune()
    assert table.ids("public.e") == [101, 102, 103]


def test_a14_bounds_are_refused_and_named(table: Lab) -> None:
    for name, value in (
        ("batch_target", "0"),
        ("batch_target", "-1 s"),
        ("batch_target", "9 ms"),
        ("batch_target", "61 s"),
        ("max_rows", 0),
        ("max_rows", -1),
        ("max_runtime", "0"),
        ("max_runtime", "-1 s"),
        ("rows_per_second", 0),
        ("rows_per_second", -1),
        ("fuse_rows", 0),
        ("fuse_share", 0),
        ("fuse_share", -0.1),
        ("fuse_share", 1.1),
        ("fuse_share", None),
        ("fuse_share", "NaN"),
    ):
        with refused("YD109", what=(name, value)) as refusal:
            table.policy(**{name: value})
        assert f"p_{name}" in refusal.detail
        assert "must be" in refusal.detail
    untouched(table)


def test_a14_batch_sizes_out_of_bounds_are_refused(table: Lab) -> None:
    table.policy()
    for rows in (0, -1, 1_000_001, 2**31, None):
        with refused("YD001", what=rows) as refusal:
            table.rows("select * from pydb.retention_batch('p', %s::bigint)", rows)
        assert "1000000" in refusal.detail
    assert table.number("select count(*) from public.t") == 7


def test_a14_run_budgets_out_of_bounds_are_refused(table: Lab) -> None:
    table.policy()
    for name, value in (("max_rows", 0), ("max_rows", -1), ("max_runtime", "0"), ("max_runtime", "-1 s")):
        call = table.call(**{name: value})
        assert (call.sqlstate, call.runs) == ("YD001", []), (name, value)
    assert table.number("select count(*) from public.t") == 7


def test_choices_that_do_not_exist_are_refused(table: Lab) -> None:
    for name, value, sqlstate in (
        ("action", "truncate", "YD001"),
        ("action", None, "YD001"),
        ("action", "nullify", "YD108"),
        ("action", "drop_partition", "YD120"),
        ("on_referenced", "ignore", "YD001"),
        ("strategy", "fast", "YD001"),
        ("strategy", "partition", "YD108"),
        ("strategy", "index", "YD108"),
        ("timezone", "Europe/Atlantis", "YD001"),
        ("timezone", None, "YD001"),
        ("enabled", None, "YD001"),
        ("expire_minus_infinity", None, "YD001"),
        ("expire_implausible", None, "YD001"),
    ):
        with refused(sqlstate, what=(name, value)):
            table.policy(**{name: value})
    for policy in ("", None, "é" * 32):
        with refused("YD006", what=policy):
            table.policy(name=policy)
    untouched(table)


def test_a15_a_bad_schedule_stores_nothing(table: Lab) -> None:
    for given in ("", "* * * *", "* * * * * *", "@reboot", "60 * * * *", "a b c d e", "5 5 30 2 *"):
        with refused("YD501", what=given):
            table.policy(schedule=given)
    untouched(table)


def test_a15_a_schedule_in_seconds_is_refused_without_a_pg_cron_that_knows_it(table: Lab) -> None:
    with refused("YD501"):
        table.policy(schedule="30 seconds")
    untouched(table)


def test_a16_the_same_policy_again_is_no_change(table: Lab) -> None:
    terms: dict[str, object] = {
        "filter": "kind = 'a'",
        "max_rows": 100,
        "fuse_share": 0.5,
        "schedule": "15 3 * * *",
    }
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
    assert table.one("select keep::text from pydb.retention_policy where not builtin") == "1 mon"
    table.policy(keep="720:00:00")
    assert table.one("select keep::text from pydb.retention_policy where not builtin") == "720:00:00"
    assert len(table.audit()) == 3


def test_a16_two_policies_that_disagree_are_refused(table: Lab) -> None:
    table.policy("short", keep="10 days")
    with refused("YD107") as refusal:
        table.policy("long", keep="20 days")
    assert "short" in refusal.message
    assert table.number("select count(*) from pydb.retention_policy where not builtin") == 1
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
