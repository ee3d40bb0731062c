"""The part of TimescaleDB that pydb calls, imitated: it is not at hand.

The signatures, the columns of the views and what ``drop_chunks`` takes are those of TimescaleDB 2; every
object belongs to an extension of that name in the catalog, as the ones that it installs do. Chunks are
tables that inherit from the hypertable, as they are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.retention.lab import Lab

CATALOG: Final = """
create schema _timescaledb_catalog;
create schema _timescaledb_internal;
create schema timescaledb_information;
create table _timescaledb_catalog.hypertable (id int, schema_name name, table_name name);
"""
API: Final = """
create table _timescaledb_catalog.dimension (hypertable_id int, column_name name, column_type regtype);
create table _timescaledb_catalog.chunk (
    hypertable_id int, schema_name name, table_name name, lo text, up text
);
create view timescaledb_information.dimensions as
    select h.schema_name as hypertable_schema, h.table_name as hypertable_name, 1::bigint as dimension_number,
        d.column_name, d.column_type
    from _timescaledb_catalog.hypertable as h
    join _timescaledb_catalog.dimension as d on d.hypertable_id = h.id;
create view timescaledb_information.chunks as
    select h.schema_name as hypertable_schema, h.table_name as hypertable_name, c.schema_name as chunk_schema,
        c.table_name as chunk_name, d.column_name as primary_dimension,
        d.column_type as primary_dimension_type,
        case when not w.is_number then (c.lo || '+00')::timestamptz end as range_start,
        case when not w.is_number then (c.up || '+00')::timestamptz end as range_end,
        case when w.is_number then c.lo::bigint end as range_start_integer,
        case when w.is_number then c.up::bigint end as range_end_integer
    from _timescaledb_catalog.chunk as c
    join _timescaledb_catalog.hypertable as h on h.id = c.hypertable_id
    join _timescaledb_catalog.dimension as d on d.hypertable_id = h.id
    cross join lateral (select d.column_type in ('integer'::regtype, 'bigint'::regtype)) as w (is_number);
create function ts.show_chunks(
    relation regclass, older_than anyelement, newer_than anyelement, created_before text default null
) returns setof regclass language plpgsql stable set timezone = 'UTC' as $f$
declare
    v_type text := case pg_typeof(older_than) when 'integer'::regtype then 'bigint'
        else pg_typeof(older_than)::text end;
begin
    return query execute format(
        'select format(''%%I.%%I'', c.schema_name, c.table_name)::regclass
        from _timescaledb_catalog.chunk as c
        join _timescaledb_catalog.hypertable as h on h.id = c.hypertable_id
        join _timescaledb_catalog.dimension as d on d.hypertable_id = h.id and d.column_type = %2$L::regtype
        where format(''%%I.%%I'', h.schema_name, h.table_name)::regclass = $1
            and c.up::%1$s <= $2 and c.lo::%1$s >= $3 order by c.table_name', v_type, pg_typeof(older_than)
    ) using relation, older_than, newer_than;
end $f$;
create function ts.drop_chunks(
    relation regclass, older_than anyelement, newer_than anyelement, "verbose" boolean default false,
    created_before text default null
) returns setof text language plpgsql set search_path = pg_catalog as $f$
declare
    v_chunk regclass;
    v_name text;
begin
    for v_chunk in select s from ts.show_chunks(relation, older_than, newer_than) as s loop
        select format('%I.%I', n.nspname, c.relname) into v_name
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace where c.oid = v_chunk;
        delete from _timescaledb_catalog.chunk as c
            where format('%I.%I', c.schema_name, c.table_name) = v_name;
        execute format('drop table %s restrict', v_name);
        return next v_name;
    end loop;
end $f$;
"""
MEMBERS: Final = (
    "table _timescaledb_catalog.dimension",
    "table _timescaledb_catalog.chunk",
    "view timescaledb_information.dimensions",
    "view timescaledb_information.chunks",
    "function ts.show_chunks(regclass, anyelement, anyelement, text)",
    "function ts.drop_chunks(regclass, anyelement, anyelement, boolean, text)",
)
EXTENSION: Final = """
set allow_system_table_mods = on;
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
select 900000, 'timescaledb', r.oid, 'public'::regnamespace, false, '2.0'
from pg_roles as r where r.rolname = current_user;
alter extension timescaledb add table _timescaledb_catalog.hypertable;
reset allow_system_table_mods;
"""


def install(lab: Lab, *left_out: str) -> None:
    """The imitation; ``left_out``: members by their beginnings that are there and belong to nobody."""
    lab.do(CATALOG)
    lab.do("create schema ts")
    lab.do(API)
    lab.do(EXTENSION)
    for member in MEMBERS:
        if not member.startswith(left_out or ("-",)):
            lab.do(f"alter extension timescaledb add {member}")


def hypertable(lab: Lab, kind: str = "timestamptz", table: str = "t", spaces: int = 1) -> None:
    """Eight days from 2024-11-28 on, each ``spaces`` chunks of four rows; the cutoff is noon of the fifth."""

    def of(value: str) -> str:
        return f"extract(epoch from {value})::bigint" if kind in {"integer", "bigint"} else value

    lab.do(
        f"""create table public.{table} (id int, at {kind} not null);
        insert into _timescaledb_catalog.hypertable values (1, 'public', '{table}');
        insert into _timescaledb_catalog.dimension values (1, 'at', '{kind}');
        set timezone = 'UTC';
        do $do$ declare lo timestamp; chunk text; n int := 0; begin
        for i in 0 .. 7 loop for s in 1 .. {spaces} loop
            n := n + 1;
            lo := timestamp '2024-11-28' + i * interval '1 day';
            chunk := format('_hyper_1_%s_chunk', n);
            execute format('create table _timescaledb_internal.%I () inherits (public.{table})', chunk);
            insert into _timescaledb_catalog.chunk values
                (1, '_timescaledb_internal', chunk,
                {of("lo")}::text, ({of("lo + interval '1 day'")})::text);
            execute format('insert into _timescaledb_internal.%I'
                ' select $1 * 10 + j, {of("$2 + j * interval $i$6 hours$i$")} from generate_series(0, 3) j',
                chunk) using n, lo;
        end loop; end loop; end $do$;
        reset timezone;"""
    )


def chunks(lab: Lab) -> list[int]:
    """Numbers of the chunks that are left."""
    return [
        int(str(name).split("_")[3])
        for (name,) in lab.rows(
            "select c.relname from pg_inherits as i join pg_class as c on c.oid = i.inhrelid"
            " where c.relname like '\\_hyper%' order by c.oid"
        )
    ]
