"""Triggers, defaults, constraint functions and event triggers of an application run as in its own DELETE."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from psycopg import sql

from pydb import errors
from tests.orphans.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

# everything in it is named bare
SCHEMA: Final = """
create schema if not exists {app};
set search_path = {path};
create table tally (what text primary key, n bigint not null default 0, at_place text);
create type grade as enum ('low', 'high');
create sequence steps;
create function known(p_what text) returns boolean language plpgsql immutable as $$ begin
    return exists (select from tally where what = p_what)
        or p_what in ('root', 'item', 'part', 'pet', 'extra');
end $$;
create function spare() returns int language plpgsql stable as $$ begin
    return (select least(count(*), 0) from tally);
end $$;
create function mark() returns trigger language plpgsql as $$ begin
    if to_regclass('tally') is null or 'low'::grade > 'high' then return null; end if;
    perform nextval('steps');
    insert into tally
    values (format('%s %s %s', lower(tg_op), tg_table_name, lower(tg_when || ' ' || tg_level)), 1)
    on conflict (what) do update set n = tally.n + 1, at_place = current_setting('TimeZone');
    if tg_op = 'DELETE' then return old; end if;
    return new;
end $$;
create table root (id int primary key, at timestamptz not null default '2020-01-01',
    what text check (known(what)));
create table item (id int primary key, root int references root on delete cascade,
    what text check (known(what)));
create table part (id int primary key, root int default spare() references root on delete set default,
    what text check (known(what)), twice int generated always as (id * 2) stored);
create table pet (id int primary key, root int references root on delete set null,
    what text check (known(what)));
create table extra (id int primary key, root int, what text not null default 'extra' check (known(what)));
insert into root select i, case when i = 0 then 'infinity'::timestamptz else '2020-01-01' end, 'root'
    from generate_series(0, 9) as i;
insert into tally values ('root');
insert into item select i, i, 'item' from generate_series(1, 9) as i;
insert into part select i, i, 'part' from generate_series(1, 9) as i;
insert into pet select i, i, 'pet' from generate_series(1, 9) as i;
insert into extra select i, 100 + i, 'extra' from generate_series(1, 9) as i;
create index on item (root); create index on part (root); create index on pet (root);
"""
# what a bare name would find first: it refuses
HOSTILE: Final = """
create schema if not exists app;
create table app.root (id int primary key, at timestamptz, n int);
create table app.item (id int primary key, root int references app.root on delete cascade);
create table app.part (id int primary key, root int default (0 + 0) references app.root on delete set default
);
create table app.pet (id int primary key, root int references app.root on delete set null);
create table app.extra (id int primary key, root int, at timestamptz default '2020-01-01', n int default 1);
create table app.seen (path text, event text);
insert into app.root select i, '2020-01-01', 1 from generate_series(0, 9) as i;
insert into app.item select i, i from generate_series(1, 9) as i;
insert into app.part select i, i from generate_series(1, 9) as i;
insert into app.pet select i, i from generate_series(1, 9) as i;
insert into app.extra select i, 100 + i from generate_series(1, 9) as i;
do $do$
declare
    v_at pg_catalog.text;
    v_kind pg_catalog.text[];
begin
    foreach v_kind slice 1 in array array[
        ['tid', 'tid'], ['oid', 'int4'], ['oid', 'oid'], ['int4', 'int4'], ['int8', 'int4'], ['int8', 'int8'],
        ['timestamptz', 'timestamptz'], ['text', 'text'], ['bool', 'bool']
    ] loop
        foreach v_at in array array['=', '<', '>', '>=', '<=', '<>', '+', '-'] loop
            execute format(
                'create function app.%1$I(a %2$s, b %3$s) returns %4$s language plpgsql as '
                '$$ begin raise exception ''picked up'' using errcode = ''P0BAD''; end $$;'
                'create operator app.%1$s (function = app.%1$I, leftarg = %2$s, rightarg = %3$s)',
                v_at, v_kind[1], v_kind[2], case when v_at in ('+', '-') then v_kind[1] else 'bool' end
            );
        end loop;
    end loop;
    foreach v_at in array array[
        'count()', 'sum(numeric)', 'num_nulls(int4)', 'concat(int4)', 'now()', 'unnest(text[])',
        'unnest(tid[])', 'jsonb_object(text[], text[])', 'set_config(text, text, bool)', 'format(text, text)',
        'current_setting(text)', 'cardinality(text[])', 'array_agg(jsonb)', 'array_agg(oid)'
    ] loop
        execute format(
            'create function app.%s returns text language plpgsql as '
            '$$ begin raise exception ''picked up'' using errcode = ''P0BAD''; end $$',
            v_at
        );
    end loop;
    foreach v_at in array array['tid', 'int4', 'int8', 'text', 'oid', 'timestamptz', 'bool', 'jsonb'] loop
        execute format('create domain app.%I as pg_catalog.point check (false)', v_at);
    end loop;
end $do$;
create function app.look() returns trigger language plpgsql as $$ begin
    insert into seen values (pg_catalog.current_setting('search_path'), tg_op);
    if pg_catalog.starts_with(tg_op, 'DELETE') then return old; end if;
    return new;
end $$;
"""
TRIGGERS: Final = [
    f"create {kind} trigger {name} {event} on {{table}} {how} execute function mark()"
    for kind, name, event, how in (
        ("", "mark_a", "before delete or update", "for each row"),
        ("", "mark_b", "after delete or insert or update", "for each row"),
        ("", "mark_c", "before delete or update", "for each statement"),
        ("", "mark_d", "after delete or update", "for each statement"),
        ("constraint", "mark_e", "after delete or insert", "deferrable initially deferred for each row"),
    )
]
TABLES: Final = ("root", "item", "part", "pet", "extra")


class App:
    """A schema that names everything bare, seen through one search_path."""

    def __init__(self, lab: Lab, schema: str, path: str) -> None:
        self.lab, self.path = lab, path
        self.schema = sql.Identifier(schema).as_string()
        lab.do(SCHEMA.format(app=self.schema, path=path))
        for table in TABLES:
            lab.do(";".join(TRIGGERS).format(table=table))
        lab.do("update extra set what = what; truncate tally")  # what works here is what must work below
        # who calls has another path, and another clock: neither is the application's
        lab.do("set search_path = pg_catalog; set timezone = 'Asia/Tokyo'")

    def name(self, table: str) -> str:
        return f"{self.schema}.{table}"

    def text(self, table: str) -> str:
        """The name as a literal."""
        return sql.Literal(self.name(table)).as_string()

    def fired(self) -> dict[str, int]:
        """How often each trigger fired since the last look."""
        assert self.lab.rows(f"select from {self.name('tally')} where at_place = 'Asia/Tokyo'") == []
        rows = self.lab.rows(f"select what, n from {self.name('tally')}")
        self.lab.do(f"truncate {self.name('tally')}")
        return {str(what): n for what, n in rows}

    def ids(self, table: str) -> list[int]:
        return self.lab.ids(self.name(table))

    def orphans(self) -> str:
        """Six orphans in extra; the name of their reference."""
        self.lab.do(
            f"set search_path = {self.path};"
            f"insert into {self.name('extra')} (id, root) select i, 100 + i from generate_series(1, 6) as i"
        )
        self.lab.do(
            "set search_path = pg_catalog;"
            f"select pydb.reference_set({self.text('extra')}, '{{root}}', {self.text('root')}, '{{id}}', "
            "'cascade')"
        )
        self.lab.old()
        self.lab.do(f"truncate {self.name('tally')}")
        return str(self.lab.one("select name from pydb.reference"))


@pytest.fixture
def lab(dsn: str) -> Iterator[Lab]:
    """Runs of every kind in a fresh database."""
    with contextlib.closing(Lab(dsn)) as made:
        yield made


def app(
    lab: Lab, schema: str = "app", of_database: str | None = "app, public", of_role: str | None = None
) -> App:
    """The schema; the path of a new session is what the role has in this database, or the database."""
    if schema == "public":
        lab.do("drop schema public cascade")
    for kind, path in (("database", of_database), ("role", of_role)):
        if path:
            target = "database %I" if kind == "database" else "role postgres in database %I"
            quoted = path.replace("'", "''")
            lab.do(
                f"do $do$ begin execute format('alter {target} set search_path = {quoted}', "
                "current_database()); end $do$"
            )
    return App(lab, schema, of_role or of_database or '"$user", public')


@pytest.mark.parametrize(
    ("schema", "of_database", "of_role"),
    [
        pytest.param("public", None, None, id="default"),
        pytest.param("app", "app, public", None, id="database"),
        pytest.param("app", "nowhere", '"$user", app', id="role"),
        pytest.param('Æther\'s "app"', '"Æther\'s ""app""", pg_catalog', None, id="quoted"),
        pytest.param("postgres", '"$user", gone, pg_catalog', None, id="user"),
    ],
)
def test_a_schema_of_bare_names_works_in_every_routine(
    lab: Lab, schema: str, of_database: str | None, of_role: str | None
) -> None:
    here = app(lab, schema, of_database, of_role)
    lab.do(f"alter table {here.name('extra')} add at timestamptz default '2020-01-01'")
    lab.do(f"select pydb.retention_policy_set('p', {here.text('extra')}, 'at', '30 days', p_fuse_share => 1)")
    lab.do("call pydb.retention_run('p')")
    assert here.ids("extra") == []
    fired = here.fired()
    assert (fired["delete extra before row"], fired["delete extra after row"]) == (
        9,
        18,
    )  # the deferred one too
    assert fired["delete extra before statement"] == fired["delete extra after statement"]
    lab.do(f"select pydb.cascade_delete({here.text('root')}, '[{{\"id\": 1}}]')")
    fired = here.fired()
    assert (here.ids("root"), here.ids("item")) == ([0, *range(2, 10)], [*range(2, 10)])
    assert (fired["delete root before row"], fired["delete item after row"]) == (1, 2)
    assert (fired["update part before row"], fired["update pet after row"]) == (1, 1)
    assert lab.rows(f"select root from {here.name('part')} where id = 1") == [(0,)]
    assert lab.rows(f"select root from {here.name('pet')} where id = 1") == [(None,)]
    lab.do(f'select pydb.cascade_request({here.text("root")}, \'[{{"id": 2}}, {{"id": 3}}]\')')
    lab.do(f"call pydb.cascade_run({lab.one('select max(id) from pydb.cascade_job')})")
    fired = here.fired()
    assert here.ids("root") == [0, *range(4, 10)]
    assert (fired["delete root before row"], fired["update pet before row"]) == (2, 2)


def test_repair_and_restore_fire_the_triggers_of_a_schema_of_bare_names(lab: Lab) -> None:
    here = app(lab)
    lab.do(f"truncate {here.name('extra')}")
    name = here.orphans()
    for mode, fired in (("nullify", "update extra before row"), ("delete", "delete extra after row")):
        assert lab.repair(name, mode=mode, max_rows=2).run["rows_done"] == 2
        assert here.fired()[fired] == (2 if mode == "nullify" else 4)
    assert lab.repair(name, mode="quarantine", dry_run=True).end == ("completed", "exhausted")
    assert here.fired() == {}
    assert lab.repair(name, mode="quarantine").end == ("completed", "exhausted")
    assert here.fired()["delete extra after row"] == 4
    run = lab.one("select max(run_id) from pydb.orphan_quarantine")
    assert lab.rows(f"select restored, conflicts from pydb.orphan_restore({run}, true)") == [(2, 0)]
    assert lab.rows(f"select restored, conflicts from pydb.orphan_restore({run})") == [(2, 0)]
    assert here.fired()["insert extra after row"] == 4
    assert len(here.ids("extra")) == 4


def test_our_own_text_picks_nothing_up_under_the_path_of_an_application(lab: Lab) -> None:
    """An operator, a function or a type of the schema that comes before the system's is not ours."""
    lab.do(HOSTILE)
    lab.do(
        "do $do$ begin execute format('alter database %I set search_path = app, pg_catalog', "
        "current_database()); end $do$"
    )
    for table in ("root", "item", "part", "pet", "extra"):
        lab.do(
            f"create trigger look before insert or update or delete on app.{table} for each row "
            "execute function app.look()"
        )
    lab.do(
        "select pydb.retention_policy_set('p', 'app.extra', 'at', '30 days', p_fuse_share => 1, "
        "p_filter => 'n = 1 and root > 0 and id + 0 <> 3')"
    )
    lab.do("call pydb.retention_run('p')")
    assert lab.ids("app.extra") == [3]
    lab.do("""select pydb.cascade_delete('app.root', '[{"id": 1}]')""")
    lab.do("""select pydb.cascade_delete('app.root', '[{"id": 2}]', p_edges => '{"*": "delete"}')""")
    lab.do("""select pydb.cascade_request('app.root', '[{"id": 3}]')""")
    lab.do("call pydb.cascade_run(1)")
    assert lab.ids("app.root") == [0, *range(4, 10)]
    assert lab.rows("select root from app.part where id = 1") == [(0,)]
    lab.do(
        "set search_path = app; insert into app.extra (id, root) select i, 100 + i "
        "from generate_series(4, 9) as i; truncate app.seen"
    )
    lab.do("select pydb.reference_set('app.extra', '{root}', 'app.root', '{id}', 'cascade')")
    lab.old()
    name = str(lab.one("select name from pydb.reference"))
    assert [lab.repair(name, mode=mode, max_rows=2).end[0] for mode in ("nullify", "delete")] == [
        "partial"
    ] * 2
    assert lab.repair(name, mode="quarantine").end == ("completed", "exhausted")
    run = lab.one("select max(run_id) from pydb.orphan_quarantine")
    assert lab.rows(f"select restored, conflicts from pydb.orphan_restore({run})") == [(3, 0)]
    assert lab.rows("select distinct path from app.seen") == [("app, pg_catalog",)]


NEIGHBOURS: Final = """
create schema if not exists app; set search_path = app;
create table kept (id int); create table seen (what text);
create table t (id int primary key, at timestamptz default '2020-01-01');
insert into t select generate_series(1, 4);
alter table seen enable row level security; alter table seen force row level security;
create function mine() returns boolean language plpgsql stable as $$ begin
    return (select count(*) >= 0 from kept); end $$;
create policy mine on seen using (mine()) with check (mine());
create rule mark as on delete to t where old.id = 1 do instead insert into kept values (old.id);
create rule also as on delete to t do also insert into seen values ('rule');
create function note() returns trigger language plpgsql as $$ begin
    insert into seen values (to_char(old.at, 'YYYY') || ' ' || current_setting('row_security'));
    return old; end $$;
create trigger note after delete on t for each row execute function note();
create table a (id int primary key); create table b (id int primary key, a int);
create function ddl() returns event_trigger language plpgsql as $$ begin
    insert into kept select 100 from kept limit 1; insert into kept values (100); end $$;
create event trigger app_ddl on ddl_command_end when tag in ('ALTER TABLE') execute function ddl();
reset search_path;
"""


def test_rules_policies_and_event_triggers_are_code_of_the_application_too(lab: Lab) -> None:
    lab.do(NEIGHBOURS)
    lab.do(
        "do $do$ begin execute format('alter database %I set search_path = app', "
        "current_database()); end $do$"
    )
    lab.do("select pydb.retention_policy_set('p', 'app.t', 'at', '30 days', p_fuse_share => 1)")
    call = lab.rows("select rows from pydb.retention_plan('p')")
    assert call == [(4,)]
    with contextlib.suppress(psycopg.Error):
        lab.do("call pydb.retention_run('p')")
    assert lab.ids("app.t") == [1]  # the rule keeps it, and has put its row down
    assert lab.last_run()["state"] == "partial"
    assert lab.one("select count(*) > 0 from app.kept where id = 1") is True
    assert lab.rows("select distinct what from app.seen where what <> 'rule'") == [("2020 on",)]
    lab.do("select pydb.reference_set('app.b', '{a}', 'app.a', '{id}', 'cascade', 'b_a')")
    lab.do("call pydb.orphan_close('b_a')")
    assert lab.one("select count(*) > 1 from app.kept where id = 100") is True


def test_only_code_of_the_application_is_taken_to_break_for_a_row(lab: Lab) -> None:
    ours = 'SQL statement "/* pydb */ delete from t"\nPL/pgSQL function pydb_internal.x() line 5 at EXECUTE'
    theirs = f"PL/pgSQL function app.f() line 3 at SQL statement\n{ours}"
    asked: list[tuple[str, str | None]] = [("42703", ours), ("XX000", ours), ("42P01", None)]
    asked += [("42703", theirs), ("XX000", theirs), ("22012", ours)]
    assert [lab.one("select pydb_internal.run_is_by_row(%s, %s)", *case) for case in asked] == [
        False, False, False, True, True, True
    ]  # fmt: skip


@pytest.mark.parametrize("deferred", [False, True])
def test_an_error_of_the_application_says_where_and_what_to_do(lab: Lab, deferred: bool) -> None:
    lab.do(
        f"""create schema if not exists app; set search_path = app; create table stat (n int);
        create table t (id int primary key, at timestamptz default '2020-01-01');
        insert into t values (1), (2);
        create function cnt() returns trigger language plpgsql as $$ begin
            update stat set n = n - 1; return old; end $$;
        create {"constraint" if deferred else ""} trigger cnt after delete on t
            {"deferrable initially deferred" if deferred else ""} for each row execute function cnt();
        set search_path = public"""
    )
    lab.do("select pydb.retention_policy_set('p', 'app.t', 'at', '30 days', p_fuse_share => 1)")
    with pytest.raises(psycopg.Error) as run:
        lab.do("call pydb.retention_run('p')")
    with pytest.raises(psycopg.Error) as delete:
        lab.do("""select pydb.cascade_delete('app.t', '[{"id": 1}]')""")
    assert (run.value.sqlstate, delete.value.sqlstate) == ("YD110", "42P01")
    for error in (run.value, delete.value):
        assert "app.cnt() line 2" in (error.diag.message_detail or "")
        assert "set search_path" in (error.diag.message_hint or "")
    shown = errors.from_psycopg(delete.value)
    assert (shown.exit_code, shown.sqlstate) == (errors.ExitCode.FAILED, "42P01")
    assert "app.cnt() line 2" in str(shown)
    log = lab.last_run()
    assert (log["state"], log["sqlstate"]) == ("failed", "42P01")
    assert "app.cnt() line 2" in str(log["detail"])
    # what the hint says is what helps
    lab.do(
        "do $do$ begin execute format('alter role postgres in database %I set search_path = app', "
        "current_database()); end $do$"
    )
    lab.do("call pydb.retention_run('p')")
    assert lab.ids("app.t") == []
