"""The application's triggers run under its own search_path, our own words never do."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from tests.orphans.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RoleFactory

# nothing in here says in which schema it is: everything that pydb deletes or changes runs into it
APP: Final = """
create schema "Ünser App"; set search_path = "Ünser App";
create type kind as enum ('old', 'new');
create sequence seen;
create table note (n bigint primary key default nextval('seen'), what text, kind kind);
create function tell() returns trigger language plpgsql as $$
begin
    insert into note (what, kind)
    values (concat_ws(' ', tg_op, tg_when, tg_level, tg_table_name), 'old'::kind);
    return old;
end $$;
create function keep() returns trigger language plpgsql as $$
begin
    if to_regclass('note') is null then return null; end if;
    if tg_op operator(pg_catalog.=) 'DELETE' then return old; end if;
    return new;
end $$;
create function is_fine(p integer) returns boolean language plpgsql as $$
begin return p is null or exists (select from note) is not null; end $$;
create table part (
    id int primary key, at timestamptz not null default now() - interval '40 days', lot kind default 'old'
);
create table piece (
    id int primary key, part int references part on delete cascade, check (is_fine(part))
);
create table mark (id int primary key, part int references part on delete set null, check (is_fine(part)));
create table loose (id int primary key, part int, made timestamptz default now(), check (is_fine(part)));
insert into part (id) select i from generate_series(1, 20) as i;
insert into piece select i, i from generate_series(1, 20) as i;
insert into mark select i, i from generate_series(1, 20) as i;
insert into loose select i, i + 10 from generate_series(1, 20) as i;
create index on part (at);
select pydb.reference_set('loose', '{part}', 'part', '{id}', 'restrict', p_name => 'loose');
"""
TRIGGERS: Final = """
create trigger a after delete on {0} for each row execute function tell();
create trigger b after delete on {0} for each statement execute function tell();
create trigger c before delete or update on {0} for each row execute function keep();
create constraint trigger d after delete or update on {0} deferrable initially deferred
for each row execute function tell();
"""
# pg_catalog comes last: whatever is left unqualified meets these
HOSTILE: Final = """
do $do$
declare
    v_trap record;
begin
    for v_trap in
        select * from (values
            ('=', 'tid', 'tid', 'boolean'), ('=', 'oid', 'oid', 'boolean'), ('=', 'int', 'int', 'boolean'),
            ('=', 'bigint', 'bigint', 'boolean'), ('=', 'text', 'text', 'boolean'),
            ('=', 'kind', 'kind', 'boolean'), ('<>', 'bigint', 'bigint', 'boolean'),
            ('<', 'timestamptz', 'timestamptz', 'boolean'), ('<', 'bigint', 'bigint', 'boolean'),
            ('||', 'text', 'text', 'text'), ('->>', 'jsonb', 'text', 'text')
        ) as v (name, a, b, result)
    loop
        execute format('create or replace function trap_%s(%s, %s, out %1$s) language plpgsql as '
            '$$ begin raise exception ''a trap was called''; end $$', v_trap.result, v_trap.a, v_trap.b);
        execute format('create operator %s (leftarg = %s, rightarg = %s, function = trap_%s)',
            v_trap.name, v_trap.a, v_trap.b, v_trap.result);
    end loop;
end $do$;
create function concat(text) returns text language sql as $$ select 'trapped' $$;
create function num_nulls(integer) returns int language sql as $$ select 1 $$;
create function jsonb_object(text[], text[]) returns jsonb language sql as $$ select null::jsonb $$;
"""


@pytest.fixture(params=["app first", "pg_catalog last"])
def lab(dsn: str, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A database whose application writes no schema names, and whose path may hide what we mean."""
    is_hostile = request.param == "pg_catalog last"
    with contextlib.closing(Lab(dsn)) as made:
        made.do(APP + "".join(TRIGGERS.format(table) for table in ("part", "piece", "mark", "loose")))
        if is_hostile:
            made.do(HOSTILE)
        path = '"Ünser App", pydb' + ", pg_catalog" * is_hostile
        made.do(f"reset search_path; alter database {made.db.info.dbname} set search_path = {path}")
        yield made


def told(lab: Lab) -> dict[object, object]:
    """How often each trigger spoke."""
    return dict(lab.rows('select what, count(*) from "Ünser App".note group by what'))


def by_row(found: dict[object, object]) -> dict[object, object]:
    return {what: n for what, n in found.items() if " ROW " in str(what)}


def plain(lab: Lab, statement: str) -> dict[object, object]:
    """What the triggers say to the application's own statement, undone."""
    own = lab.session(autocommit=False)
    own.execute(statement.encode())
    own.execute("set constraints all immediate")
    found: dict[object, object] = dict(
        own.execute("select what, pg_catalog.count(*) from note group by what").fetchall()
    )
    own.rollback()
    own.close()
    assert found
    return found


def policy(lab: Lab, **options: str) -> None:
    more = "".join(f", p_{name} => '{value}'" for name, value in options.items())
    lab.do("select pydb.reference_drop('loose')")
    lab.do(
        f"""select pydb.retention_policy_set('part', '"Ünser App".part', 'at', '30 days', p_fuse_share => 1,
        p_filter => 'lot = ''old'''{more})"""
    )


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("on_referenced", ["skip", "cascade"])
def test_retention(lab: Lab, strategy: str, on_referenced: str) -> None:
    expected = plain(lab, "delete from part")
    policy(lab, strategy=strategy, on_referenced=on_referenced)
    lab.do("call pydb.retention_run('part')")
    assert lab.last_run()["state"] == "completed", lab.last_run()
    assert lab.one('select count(*) from "Ünser App".part') == 0
    assert by_row(told(lab)) == by_row(expected)


def test_a_batch_in_the_transaction_of_its_caller(lab: Lab) -> None:
    expected = plain(lab, "delete from part")
    policy(lab)
    own = lab.session(autocommit=False)
    assert own.execute("select rows_done from pydb.retention_batch('part')").fetchone() == (40,)
    own.commit()  # its deferred triggers fire here, under its own path
    assert told(lab) == expected


@pytest.mark.parametrize("choices", ["null", """'{"*": "delete"}'"""])
def test_cascades(lab: Lab, choices: str) -> None:
    lab.do("select pydb.reference_drop('loose')")
    expected = plain(lab, "delete from part where id operator(pg_catalog.<=) 5")
    keys = "(select jsonb_agg(jsonb_build_object('id', i)) from generate_series(1, 5) as i)"
    call = f"""select pydb.cascade_delete('"Ünser App".part', {keys}, {choices}, p_allow_triggers => true)"""
    lab.do(call)
    assert lab.one('select count(*) from "Ünser App".piece') == 15
    assert by_row(told(lab)) == by_row(expected)


def test_a_durable_cascade(lab: Lab) -> None:
    lab.do("select pydb.reference_drop('loose')")
    expected = plain(lab, "delete from part where id operator(pg_catalog.=) 5")
    lab.do("""select pydb.cascade_request('"Ünser App".part', '[{"id": 5}]')""")
    lab.do("call pydb.cascade_run()")
    assert lab.last_run()["state"] == "completed", lab.last_run()
    assert by_row(told(lab)) == by_row(expected)


@pytest.mark.parametrize(
    ("mode", "statement"),
    [
        ("delete", "delete from loose where id operator(pg_catalog.>) 10"),
        ("quarantine", "delete from loose where id operator(pg_catalog.>) 10"),
        ("nullify", "update loose set part = null where id operator(pg_catalog.>) 10"),
    ],
)
def test_orphan_repairs(lab: Lab, mode: str, statement: str) -> None:
    expected = plain(lab, statement)
    rehearsal = lab.repair("loose", mode=mode, min_age="0", dry_run=True)
    assert (rehearsal.sqlstate, told(lab)) == (None, {})
    lab.repair("loose", mode=mode, min_age="0")
    assert lab.last_run()["rows_done"] == 10, lab.last_run()
    assert by_row(told(lab)) == by_row(expected)
    if mode == "quarantine":
        lab.do("select pydb.orphan_restore((select max(id) from pydb.job_run))")
        assert lab.one('select count(*) from "Ünser App".loose') == 20


def test_the_path_of_a_role_comes_before_that_of_the_database(lab: Lab, role: RoleFactory) -> None:
    name, database = role("runner"), lab.db.info.dbname
    lab.do(f"grant usage on schema pydb_internal to {name}")
    lab.do(f"grant execute on function pydb_internal.application_settings(text[]) to {name}")
    asked = "select (pydb_internal.application_settings('{search_path}'))[1]"
    session = lab.session(user=name)
    assert session.execute(asked).fetchone() == lab.db.execute(asked).fetchone()
    for where, path in (("", '"$user", a'), (f" in database {database}", "b")):
        lab.do(f"alter role {name}{where} set search_path = {path}")
        assert session.execute(asked).fetchone() == (path,)
    # whoever becomes the role runs under its path, not under his own
    lab.do(f"set role {name}")
    assert lab.one(asked) == "b"
