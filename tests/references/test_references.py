"""References: what may be set, how they are named and found, what the list shows, what is suggested."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import pytest

from pydb import db as pydb_db
from pydb import references
from pydb.demo import example
from tests.retention.lab import Lab, refused
from tests.servers import PAUSE

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory

TABLES: Final = """
create schema if not exists shop;
create table shop.customer (id bigint primary key, email text unique, region int, code int,
    unique (region, code));
create table shop.sale (id int primary key, customer_id int, email varchar, region int, code smallint,
    strict bigint not null, preset bigint not null default 1,
    doubled bigint generated always as (id * 2) stored, meta json, spot point);
"""
SET: Final = "select (pydb.reference_set(%s, %s, %s, %s, %s, %s)).name"


@pytest.fixture
def lab(db: Connection) -> Lab:
    made = Lab(db)
    made.do(TABLES)
    return made


def put(
    lab: Lab,
    columns: str = "{customer_id}",
    parent_columns: str = "{id}",
    *,
    child: str = "shop.sale",
    parent: str = "shop.customer",
    on_delete: str | None = "no action",
    name: str | None = None,
) -> str:
    return str(lab.one(SET, child, columns, parent, parent_columns, on_delete, name))


def notices(lab: Lab) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    lab.db.add_notice_handler(
        lambda diagnostic: heard.append((diagnostic.message_primary or "", diagnostic.message_hint or ""))
    )
    return heard


def listed(lab: Lab, columns: str = "reference, kind, child, parent, on_delete, status") -> list[object]:
    return [*lab.rows(f"select {columns} from pydb.reference_list order by reference, kind")]


def test_a_reference_is_stored_listed_audited_and_dropped(lab: Lab) -> None:
    assert put(lab, on_delete="CASCADE") == "shop.sale.customer_id_ref"
    assert listed(lab) == [
        ("shop.sale.customer_id_ref", "logical", "shop.sale", "shop.customer", "cascade", "ok")
    ]
    assert put(lab, on_delete="cascade") == "shop.sale.customer_id_ref"
    assert lab.audit() == [("reference_set", "shop.sale.customer_id_ref")]
    put(lab, on_delete="set null")
    assert (
        lab.one("select arguments #>> '{new,on_delete}' from pydb.audit_log order by id desc limit 1")
        == "set null"
    )
    assert (
        lab.one("select arguments #>> '{old,on_delete}' from pydb.audit_log order by id desc limit 1")
        == "cascade"
    )
    assert lab.one("select pydb.reference_drop('customer_id_ref')") is True
    assert listed(lab) == []
    assert lab.audit()[-1] == ("reference_drop", "shop.sale.customer_id_ref")


def test_what_is_no_table_is_refused_by_its_kind(lab: Lab) -> None:
    lab.do(
        """create view shop.v as select * from shop.sale;
        create materialized view shop.m as select * from shop.sale;
        create foreign data wrapper w; create server far foreign data wrapper w;
        create foreign table shop.f (customer_id int) server far; create sequence shop.s;
        create temporary table x (customer_id int); create type shop.c as (customer_id int);"""
    )
    for name, said in (
        ("shop.v", "a view"),
        ("shop.m", "materialized"),
        ("shop.f", "foreign table"),
        ("shop.s", "sequence"),
        ("shop.sale_pkey", "index"),
        ("shop.c", "not a table"),
        ("pg_temp.x", "temporary"),
        ("pg_catalog.pg_class", "system table"),
        ("pydb.setting", "own tables"),
    ):
        with refused("YD003", what=name) as refusal:
            put(lab, child=name)
        assert said in refusal.detail
        with refused("YD003", what=name):
            put(lab, parent=name)
    for child in (None, "123456789"):
        with refused("YD004", what=child):
            lab.one(SET, child, "{a}", "shop.customer", "{id}", "no action", None)
    assert lab.rows("select 1 from pydb.reference") == lab.audit() == []


@pytest.mark.parametrize(
    ("columns", "parent_columns", "said"),
    [
        ("{nope}", "{id}", "no column nope"),
        ("{ctid}", "{id}", "no column ctid"),
        ("{customer_id}", "{nope}", "no column nope"),
        ("{NULL}", "{id}", "no column null"),
        ("{}", "{id}", "no column is named"),
        ("{customer_id,customer_id}", "{region,code}", "named twice"),
        ("{region,code}", "{id}", "2 columns cannot reference 1"),
        ("{meta}", "{id}", "json and bigint"),
        ("{email}", "{id}", "character varying and bigint"),
        ("{spot}", "{id}", "point and bigint"),
    ],
)
def test_columns_that_cannot_match_are_refused(
    lab: Lab, columns: str, parent_columns: str, said: str
) -> None:
    with refused("YD301") as refusal:
        put(lab, columns, parent_columns)
    assert said in refusal.message
    assert refusal.hint
    assert lab.rows("select 1 from pydb.reference") == []


def test_types_without_equality_are_refused_even_when_they_are_the_same(lab: Lab) -> None:
    lab.do("create table shop.doc (id int primary key, meta json, spot point)")
    for column in ("meta", "spot"):
        with refused("YD301", what=column) as refusal:
            put(lab, f"{{{column}}}", f"{{{column}}}", parent="shop.doc")
        assert "cannot be compared" in refusal.message


def test_domains_enums_and_mixed_integers_compare(lab: Lab) -> None:
    lab.do(
        """create domain shop.key as bigint not null check (value > 0); create domain shop.deep as shop.key;
        create type shop.mood as enum ('a');
        create table shop.p (k shop.deep primary key, m shop.mood, a int[]);
        create table shop.c (k smallint, m shop.mood, a int[])"""
    )
    for column in "kma":
        put(lab, f"{{{column}}}", f"{{{column}}}", child="shop.c", parent="shop.p")
    assert len(listed(lab)) == 3


@pytest.mark.parametrize(
    ("column", "action", "said"),
    [
        ("strict", "set null", "not null"),
        ("strict", "set default", "has no default"),
        ("doubled", "set null", "generated"),
        ("preset", "set null", "not null"),
        ("customer_id", "nullify", "p_on_delete cannot be"),
        ("customer_id", None, "p_on_delete cannot be"),
    ],
)
def test_an_action_that_could_not_be_done_is_refused(
    lab: Lab, column: str, action: str | None, said: str
) -> None:
    with refused("YD301") as refusal:
        put(lab, f"{{{column}}}", on_delete=action)
    assert said in refusal.message


def test_a_default_may_be_set_where_there_is_one(lab: Lab) -> None:
    put(lab, "{preset}", on_delete="set default")
    put(lab, "{customer_id}", on_delete="set null")


def test_a_partition_stricter_than_its_table_is_seen(lab: Lab) -> None:
    lab.do(
        """create table shop.log (customer_id bigint, at int) partition by list (at);
        create table shop.log_1 partition of shop.log for values in (1);
        alter table shop.log_1 alter customer_id set not null"""
    )
    with refused("YD301") as refusal:
        put(lab, child="shop.log", on_delete="set null")
    assert "shop.log_1" in refusal.message
    put(lab, child="shop.log", on_delete="cascade")
    put(lab, child="shop.log_1", on_delete="cascade")


def test_a_column_is_no_reference_to_itself_but_a_table_may_be(lab: Lab) -> None:
    with refused("YD301"):
        put(lab, "{id}", "{id}", parent="shop.sale")
    put(lab, "{customer_id}", "{id}", parent="shop.sale")


def test_the_same_columns_are_referenced_once(lab: Lab) -> None:
    put(lab, "{region,code}", "{region,code}")
    with refused("YD301") as refusal:
        put(lab, "{code,region}", "{code,region}", name="other")
    assert "shop.sale.region_code_ref" in refusal.detail
    lab.do("alter table shop.sale add foreign key (email) references shop.customer (email)")
    with refused("YD301") as refusal:
        put(lab, "{email}", "{email}")
    assert "shop.sale.sale_email_fkey" in refusal.detail
    assert len(listed(lab)) == 2


def test_a_derived_name_never_replaces_another_reference(lab: Lab) -> None:
    put(lab)
    lab.do("create table shop.account (id int primary key)")
    with refused("YD301") as refusal:
        put(lab, parent="shop.account")
    assert "shop.customer" in refusal.detail
    put(lab, parent="shop.account", name="customer_id_ref")
    assert listed(lab, "reference, parent") == [("shop.sale.customer_id_ref", "shop.account")]


def test_a_name_is_an_own_one_full_or_bare(lab: Lab) -> None:
    assert put(lab, name="Buyer") == "shop.sale.buyer"
    assert put(lab, "{strict}", name='"Buyer"') == 'shop.sale."Buyer"'
    assert put(lab, "{preset}", name="shop.sale.third") == "shop.sale.third"
    for name in ("shop.other.x", "a.b", "", "a b", "x" * 64, "shop.sale." + "ü" * 32, "a.b.c.d"):
        with refused("YD006", what=name):
            put(lab, "{doubled}", name=name)
    lab.do("alter table shop.sale add constraint fk foreign key (strict) references shop.customer (id)")
    with refused("YD301"):
        put(lab, "{doubled}", name="fk")
    lab.do("alter table shop.sale rename to purchase")
    assert (
        put(lab, "{preset}", child="shop.purchase", name="shop.sale.third", on_delete="cascade")
        == "shop.sale.third"
    )
    assert ("shop.sale.third", "shop.purchase", "cascade") in listed(lab, "reference, child, on_delete")


def test_long_and_strange_names_are_kept_apart(lab: Lab) -> None:
    long = "ü" * 31 + "x"  # 63 bytes
    lab.do(
        f"""create schema "Sche.ma"; create table "Sche.ma"."a""b" ("{long}" int primary key);
        create table "Sche.ma"."{long}" ("{long}" int, "{long[:-1]}y" int, "%s 'x'" int)"""
    )
    names = [
        put(lab, f'{{"{column}"}}', f'{{"{long}"}}', child=f'"Sche.ma"."{long}"', parent='"Sche.ma"."a""b"')
        for column in (long, long[:-1] + "y", "%s ''x''".replace("''", "'"))
    ]
    assert len(set(names)) == 3
    for name in names:
        parts = lab.one("select pydb_internal.reference_parse(%s)", name)
        assert isinstance(parts, list)
        assert parts[:2] == ["Sche.ma", long]
        assert len(parts[2].encode()) <= 63
        assert lab.one("select reference from pydb_internal.reference_get(%s)", name) == name
        assert lab.one("select pydb.reference_drop(%s)", name) is True
    again = put(lab, f'{{"{long}"}}', f'{{"{long}"}}', child=f'"Sche.ma"."{long}"', parent='"Sche.ma"."a""b"')
    assert again == names[0]


def test_missing_indexes_are_said_with_their_cure(lab: Lab) -> None:
    heard = notices(lab)
    put(lab, "{region,code}", "{code,region}", child="shop.sale")
    assert [hint for _, hint in heard] == ["create index concurrently on shop.sale (region, code);"]
    heard.clear()
    lab.do("create table shop.part (k int) partition by list (k)")
    lab.do("create table shop.part_1 partition of shop.part default; create index on shop.sale (customer_id)")
    put(lab, "{customer_id}", "{k}", parent="shop.part")
    assert heard[0][1] == "create index on shop.part (k);"
    assert "no unique key" in heard[1][0]
    assert len(heard) == 2


def test_who_may_not_read_is_told_the_grants(lab: Lab, connect: Connect, role: RoleFactory) -> None:
    name = role("setter")
    lab.do(
        f'grant usage on schema pydb, pydb_internal to "{name}";'
        f'grant select on all tables in schema pydb, pydb_internal to "{name}";'
        f'grant insert on pydb_internal.draft to "{name}";'
        f'grant execute on all functions in schema pydb, pydb_internal to "{name}"'
    )
    child, parent = (
        lab.one("select %s::regclass::oid::text", table) for table in ("shop.sale", "shop.customer")
    )
    other = Lab(connect(user=name))
    with refused("YD005") as refusal:
        put(other, child=str(child), parent=str(parent))
    assert refusal.hint == (f"grant usage on schema shop to {name}; grant select on shop.sale to {name};")
    lab.do(f'{refusal.hint} alter table shop.customer owner to "{name}"')
    assert put(other) == "shop.sale.customer_id_ref"
    assert lab.one("select author from pydb.reference") == name


def test_the_callers_search_path_decides_nothing(lab: Lab) -> None:
    lab.do(
        """create schema evil;
        create function evil.bad(bigint, bigint) returns boolean language sql as 'select 1/0 = 1';
        create operator evil.= (leftarg = bigint, rightarg = bigint, function = evil.bad);
        create function evil.lower(text) returns text language sql as $$select 'evil'$$;
        create table evil.pg_class (oid oid); create table evil.sale (like shop.sale);
        insert into shop.customer (id) values (1);
        insert into shop.sale (id, customer_id, strict) values (1, 1, 1);
        set search_path = evil, pg_catalog"""
    )
    assert lab.rows("select rows, matched from pydb.reference_suggest('shop')") == [(1, 1)]
    assert put(lab) == "shop.sale.customer_id_ref"
    assert lab.one("select status from pydb.reference_list") == "ok"
    lab.one("select (pydb.entity_set('customer', 'shop.customer', '{\"customer_id_ref\": \"delete\"}')).name")


def test_a_reference_is_found_by_the_end_of_its_name(lab: Lab) -> None:
    put(lab)
    lab.do(
        """alter table shop.sale add constraint fk foreign key (strict) references shop.customer (id);
        create schema other; create table other.sale (id int primary key, strict bigint
            constraint fk references shop.customer (id), "Fk" bigint)"""
    )
    find = "select reference from pydb_internal.reference_get(%s)"
    for name in (
        "customer_id_ref",
        "sale.customer_id_ref",
        "shop.sale.customer_id_ref",
        "SHOP.Sale.customer_id_ref",
    ):
        assert lab.one(find, name) == "shop.sale.customer_id_ref"
    assert lab.one(find, "other.sale.fk") == "other.sale.fk"
    for name in ("fk", "sale.fk"):
        with refused("YD301", what=name) as refusal:
            lab.one(find, name)
        assert refusal.detail == "It could be other.sale.fk or shop.sale.fk."
    with refused("YD301") as refusal:
        lab.one(find, "customer_ref")
    assert "shop.sale.customer_id_ref" in refusal.detail
    for unreadable in (None, "", "a b", "x.y.z.a", '"'):
        with refused("YD301", what=unreadable):
            lab.one(find, unreadable)


def test_only_logical_references_are_dropped(lab: Lab) -> None:
    lab.do("alter table shop.sale add constraint fk foreign key (strict) references shop.customer (id)")
    with refused("YD301") as refusal:
        lab.one("select pydb.reference_drop('fk')")
    assert refusal.hint == "alter table shop.sale drop constraint fk;"
    with refused("YD301"):
        lab.one("select pydb.reference_drop('nothing')")
    put(lab)
    lab.one("select (pydb.entity_set('customer', 'shop.customer', '{\"customer_id_ref\": \"delete\"}')).name")
    with refused("YD301") as refusal:
        lab.one("select pydb.reference_drop('customer_id_ref')")
    assert "entity customer" in refusal.detail


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("drop table shop.sale", "table shop.sale is gone"),
        ("drop table shop.customer", "table shop.customer is gone"),
        ("alter table shop.sale drop column region", "column region of shop.sale is gone"),
        ("alter table shop.customer rename column code to zip", "column code of shop.customer is gone"),
        # one lost on either side: what is left must not be paired up
        (
            "alter table shop.sale drop column region; alter table shop.customer drop column code",
            "column region of shop.sale is gone; column code of shop.customer is gone",
        ),
        # another column has the name: its rows are not the ones that were meant
        (
            "alter table shop.sale rename region to area; alter table shop.sale add region text",
            "column region of shop.sale is called area by now, and another has its name",
        ),
        (
            "alter table shop.customer drop code; alter table shop.customer add code text",
            "column code of shop.customer was dropped, and another has its name",
        ),
    ],
)
def test_what_is_gone_is_listed_and_neither_followed_nor_in_the_way(lab: Lab, change: str, said: str) -> None:
    put(lab, "{region,code}", "{region,code}")
    lab.do(change)
    assert listed(lab, "reference, child, status") == [("shop.sale.region_code_ref", "shop.sale", said)]
    assert lab.rows("select * from pydb_internal.reference_edges()") == []
    with refused("YD301") as refusal:
        lab.one("select pydb_internal.reference_get('region_code_ref')")
    assert refusal.detail == said
    assert lab.one("select pydb.reference_drop('region_code_ref')") is True


def test_a_table_that_came_back_can_be_set_again(lab: Lab) -> None:
    put(lab)
    lab.do("drop table shop.sale; create table shop.sale (customer_id int)")
    assert put(lab) == "shop.sale.customer_id_ref"
    assert listed(lab, "status") == [("ok",)]


def test_foreign_keys_of_partitioned_tables_appear_as_declared(lab: Lab) -> None:
    lab.do(
        """create table shop.p (id int, primary key (id)) partition by range (id);
        create table shop.p1 partition of shop.p for values from (0) to (10);
        create table shop.c (p_id int constraint up references shop.p on delete cascade, k int)
            partition by list (k);
        create table shop.c1 partition of shop.c for values in (1);
        create table shop.c2 partition of shop.c for values in (2);
        alter table shop.c2 add constraint own foreign key (k) references shop.sale not valid;
        alter table shop.c add constraint up2 foreign key (p_id) references shop.p (id);
        create index on shop.c1 (p_id)"""
    )
    shown = "reference, parent, on_delete, is_valid, is_indexed"
    assert listed(lab, shown) == [
        ("shop.c.up", "shop.p", "cascade", True, False),
        ("shop.c.up2", "shop.p", "no action", True, False),
        ("shop.c2.own", "shop.sale", "no action", False, False),
    ]
    lab.do("create index on shop.c2 (p_id)")
    assert listed(lab, shown)[0] == ("shop.c.up", "shop.p", "cascade", True, True)


def test_a_thousand_tables_are_listed_in_about_a_second(lab: Lab) -> None:
    lab.do(
        """do $$ begin
        for i in 0..999 loop
            execute format('create table shop.t%s (id int primary key, a int, b int)', i);
            if i > 0 then
                execute format('alter table shop.t%s add foreign key (a) references shop.t%s,'
                    ' add foreign key (b) references shop.t%s', i, i / 2, i / 3);
            end if;
        end loop; end $$"""
    )
    begun = time.monotonic()
    assert len(listed(lab)) == 1998
    taken = time.monotonic() - begun
    begun = time.monotonic()
    lab.one("select pydb_internal.reference_get('t999_a_fkey')")
    found = time.monotonic() - begun
    assert (taken < 4, found < 1) == (True, True), (taken, found)


def suggested(lab: Lab, schema: str | None = None) -> list[tuple[str, ...]]:
    return [
        tuple(str(cell) for cell in row)
        for row in lab.rows(
            "select child, child_columns[1], parent, parent_columns[1]"
            " from pydb.reference_suggest(%s, false)",
            schema,
        )
    ]


def test_columns_named_after_a_table_are_proposed(lab: Lab) -> None:
    lab.do(
        """drop schema shop cascade; create schema a; create schema b;
        create table a.users (id bigint primary key); create table a.category (id int primary key);
        create table a.categories (id int primary key, name text);
        create table a."Box" ("Id" int primary key); create table a.currency (code text primary key);
        create table a.odd (users_id bigint, user_id int, userid smallint, "UserId" bigint, box_id int,
            "BoxID" int,
            currency_code varchar, category_id int, name_id int, user_name text, useridx bigint, id int);
        create table a.wrong (user_id text, box_id uuid, currency_code int);
        create table b.far (user_id bigint);
        create table b.boxes (id int primary key); create table b.near (box_id int)"""
    )
    found = suggested(lab, "a")
    assert {row[1] for row in found if row[0] == "a.odd"} == {
        *("users_id", "user_id", "userid", "UserId", "box_id", "BoxID", "currency_code", "category_id")
    }
    assert [row for row in found if row[0] == "a.wrong"] == []
    assert {row[2] for row in found if row[1] == "category_id"} == {"a.category", "a.categories"}
    assert ("a.odd", "box_id", 'a."Box"', "Id") in found
    assert suggested(lab, "b") == [
        ("b.far", "user_id", "a.users", "id"),
        ("b.near", "box_id", "b.boxes", "id"),
    ]


def test_the_demo_tells_its_logical_references_by_the_names_of_declared_ones(dsn: str) -> None:
    with pydb_db.connect(dsn) as conn:
        example.load(conn, 5_000, lambda *_step: None)
        found = {(s.child, *s.child_columns): s for s in references.suggest(conn)}
        for table in ("alerts", "host_telemetry_archival"):
            one = found["telemetry." + table, "dataset_id"]
            assert (one.parent, one.parent_columns) == ("telemetry.generation_runs", ["id"])
            assert "references to telemetry.generation_runs start at a column of this name" in one.reason
            assert one.rows
            assert one.matched is not None
            assert one.orphans == one.rows - one.matched
            pydb_db.run_text(conn, one.command)
        left = {(s.child, *s.child_columns) for s in references.suggest(conn, measure=False)}
        assert left == found.keys() - {
            ("telemetry.alerts", "dataset_id"),
            ("telemetry.host_telemetry_archival", "dataset_id"),
        }


ROLES: Final = """
create schema r;
create table r.users (id int primary key, manager_id int);
create table r.team (id int primary key);
create table r.area (id int primary key);
create table r.artist_type (id int primary key, parent int);
create table r.artist (id int primary key, type int, area int, score int);
create table r.game (id int primary key, home_team_id int, "awayTeamId" int,
    created_by int references r.users, updated_by int, resolved_by bigint, attempts int, replaced_by int);
create table r.comment (id int primary key, reply_to int, author_id int, weight int);
create table r.category (id int primary key, parent_category_id int, sort int);
insert into r.users select i, nullif((i - 1) / 3, 0) from generate_series(1, 30) as i;
insert into r.team select generate_series(101, 120);
insert into r.area select generate_series(501, 520);
insert into r.artist_type values (31, null), (32, 31), (33, 31);
insert into r.artist select i, 31 + i % 3, 501 + i % 20, i from generate_series(1001, 1050) as i;
insert into r.game select i, 101 + i % 20, 101 + (i + 1) % 20, 1 + i % 30, 1 + i % 30, 1 + i % 30, i % 7,
    nullif(i - 1, 2000) from generate_series(2001, 2040) as i;
insert into r.comment select i, nullif(i - 1, 3000), 1 + i % 30, i from generate_series(3001, 3050) as i;
insert into r.category select i, nullif(i / 2, 0), i from generate_series(1, 10) as i;
"""
WANTED: Final = {
    ("users", "manager_id", "users"),
    ("artist_type", "parent", "artist_type"),
    ("artist", "type", "artist_type"),
    ("artist", "area", "area"),
    ("game", "home_team_id", "team"),
    ("game", "awayTeamId", "team"),
    ("game", "updated_by", "users"),
    ("game", "resolved_by", "users"),
    ("game", "replaced_by", "game"),
    ("comment", "reply_to", "comment"),
    ("comment", "author_id", "users"),
    ("category", "parent_category_id", "category"),
}


def test_roles_and_rows_of_the_own_table_are_proposed_where_their_keys_are_there(lab: Lab) -> None:
    lab.do(ROLES)
    query = (
        "select replace(child, 'r.', ''), child_columns[1]::text, replace(parent, 'r.', ''), certainty"
        " from pydb.reference_suggest('r')"
    )
    found = {row[:3]: row[3] for row in lab.rows(query)}
    assert set(found) == WANTED
    assert set(found.values()) <= {"medium", "low"}
    # what only sounds so and holds other numbers is no reference
    lab.do("update r.game set home_team_id = id, updated_by = id; update r.comment set reply_to = 7")
    lost = {
        ("game", "home_team_id", "team"),
        ("game", "updated_by", "users"),
        ("comment", "reply_to", "comment"),
    }
    assert {row[:3] for row in lab.rows(query)} == WANTED - lost


def test_several_that_fit_alike_are_a_tie_and_keys_break_it(lab: Lab) -> None:
    lab.do(
        """create schema tie; create table tie.item (id int primary key);
        create table tie.items (id int primary key);
        create table tie.line (item_id int)"""
    )
    query = "select parent, certainty from pydb.reference_suggest('tie') where child = 'tie.line'"
    assert lab.rows(query) == [("tie.item", "tie"), ("tie.items", "tie")]
    lab.do("insert into tie.items values (1), (2); insert into tie.line values (1), (2), (2)")
    assert lab.rows(query) == [("tie.items", "high")]


def test_what_is_referenced_already_is_not_proposed(lab: Lab) -> None:
    lab.do(
        """create table shop.line (customer_id bigint, region int);
        alter table shop.customer add unique (region, id);
        alter table shop.line add foreign key (region, customer_id) references shop.customer (region, id)"""
    )
    assert suggested(lab) == [("shop.sale", "customer_id", "shop.customer", "id")]
    put(lab)
    assert suggested(lab) == []


def test_each_proposal_is_measured_without_nulls(lab: Lab) -> None:
    lab.do(
        """insert into shop.customer (id) select generate_series(1, 10);
        insert into shop.sale (id, customer_id, strict)
            select i, nullif(i % 16, 15), 1 from generate_series(0, 31) as i;
        alter table shop.sale alter customer_id type bigint"""
    )
    (row,) = lab.rows(
        "select rows, matched, orphans, share::text, reason, command from pydb.reference_suggest()"
    )
    assert row[:4] == (30, 20, 10, "0.6667")
    assert "sample" not in row[4]
    assert (
        lab.one(row[5].replace("select ", "select (").replace(";", ").name")) == "shop.sale.customer_id_ref"
    )


def test_a_large_table_is_sampled_and_that_is_said(lab: Lab) -> None:
    lab.do(
        """insert into shop.customer (id) values (0);
        insert into shop.sale (id, customer_id, strict)
            select i, i % 2, 1 from generate_series(1, 400000) as i"""
    )
    for _ in range(2):  # never analyzed, and analyzed
        (row,) = lab.rows("select rows, matched, share, reason from pydb.reference_suggest()")
        assert 20_000 < row[0] < 250_000
        assert 0.45 < row[2] < 0.55
        assert "sample, 100000 of about" in row[3]
        lab.do("analyze shop.sale")


def test_what_cannot_be_read_is_said_and_not_measured(lab: Lab, connect: Connect, role: RoleFactory) -> None:
    name = role("looker")
    lab.do(
        f'grant usage on schema pydb, pydb_internal, shop to "{name}";'
        f'grant select on all tables in schema pydb, pydb_internal to "{name}";'
        f'grant insert on pydb_internal.draft to "{name}";'
        f'grant execute on all functions in schema pydb, pydb_internal to "{name}"; grant select on'
        f' shop.sale to "{name}"'
    )
    other = Lab(connect(user=name))
    query = "select rows, reason from pydb.reference_suggest()"
    ((rows, reason),) = other.rows(query)
    assert rows is None
    assert "not measured: no SELECT on shop.customer" in reason
    lab.do(f'grant select on shop.customer to "{name}"; alter table shop.sale enable row level security')
    ((rows, reason),) = other.rows(query)
    assert rows is None
    assert "row-level security" in reason
    lab.do("alter table shop.sale disable row level security")
    assert other.rows("select rows from pydb.reference_suggest()") == [(0,)]


def test_a_locked_table_is_left_after_a_while_and_no_lock_is_above_a_selects(
    lab: Lab, connect: Connect
) -> None:
    holder = connect(autocommit=False)
    holder.execute("lock table shop.sale in access exclusive mode")
    ((rows, reason),) = lab.rows("select rows, reason from pydb.reference_suggest()")
    assert rows is None
    assert "locked" in reason
    holder.rollback()
    with lab.db.transaction():
        lab.rows("select * from pydb.reference_suggest()")
        put(lab)
        modes = lab.rows(
            "select distinct l.mode from pg_locks as l join pg_class as c on c.oid = l.relation"
            " where l.pid = pg_backend_pid() and c.relnamespace = 'shop'::regnamespace"
        )
    assert modes == [("AccessShareLock",)]


def test_a_schema_that_is_not_there_is_refused(lab: Lab) -> None:
    with refused("YD001"):
        lab.rows("select * from pydb.reference_suggest('nothing')")


def test_two_at_once_set_one_reference(lab: Lab, connect: Connect) -> None:
    first, second = connect(autocommit=False), connect(autocommit=False)
    first.execute(SET, ("shop.sale", "{customer_id}", "shop.customer", "{id}", "cascade", "one"))
    ended: list[str | None] = []

    def other() -> None:
        with refused("YD301") as refusal:
            second.execute(SET, ("shop.sale", "{customer_id}", "shop.customer", "{id}", "cascade", "two"))
        ended.append(refusal.detail)

    thread = threading.Thread(target=other)
    thread.start()
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and pid = %s"
    while not lab.number(waiting, second.info.backend_pid):
        assert thread.is_alive()
        time.sleep(PAUSE)
    first.commit()
    thread.join(30)
    assert ended == ["shop.sale.one already references these columns."]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        ("A, b", ["a", "b"]),
        ('"A, ""b""",c', ['A, "b"', "c"]),
        (' "Ä" , straße', ["Ä", "straße"]),
    ],
)
def test_a_list_of_columns_is_read_as_sql_would(db: Connection, text: str, names: list[str]) -> None:
    assert Lab(db).one("select pydb_internal.reference_parse_columns(%s)", text) == names


@pytest.mark.parametrize("text", [None, "", ",", "a,", "a,,b", '"a', 'a"b', "a.b", "a b", '""', "ü" * 32])
def test_what_is_no_list_of_columns_is_refused(db: Connection, text: str | None) -> None:
    with refused("YD006"):
        Lab(db).one("select pydb_internal.reference_parse_columns(%s)", text)


def test_python_sets_lists_and_drops(lab: Lab, dsn: str) -> None:
    with pydb_db.connect(dsn) as conn:
        stored = references.reference_set(
            conn, "shop.sale", ["region", "code"], "shop.customer", ["region", "code"], on_delete="cascade"
        )
        (shown,) = references.references(conn)
        assert stored.name == shown.reference == "shop.sale.region_code_ref"
        assert stored.child_columns == shown.child_columns == ["region", "code"]
        assert (shown.kind, shown.on_delete, shown.is_indexed, shown.status) == (
            "logical",
            "cascade",
            False,
            "ok",
        )
        assert references.reference_drop(conn, "region_code_ref") is True


def test_a_column_written_without_its_quotes_is_hinted_at(lab: Lab) -> None:
    lab.do('create table shop."Trail" (id int primary key, "customerId" int)')
    with refused("YD301") as refusal:
        put(lab, "{customerid}", child='shop."Trail"')
    assert refusal.hint == "p_child_columns => '{\"customerId\"}'"
    with refused("YD301") as refusal:
        put(lab, "{customer}", child='shop."Trail"')
    assert refusal.hint == "p_child_columns => '{column}'"
