-- pydb_internal.erasure_search (ledger; by erasure_back): the live rows whose keys have some hashes: of the root, and
-- of what references it.
-- reads the root and the tables that reference it   writes nothing   locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.erasure_search(
    p_root regclass,
    p_columns name[],
    p_salt bytea,
    p_hashes bytea[],
    p_is_whole boolean
)
returns table (hash bytea, relation text, via text, key jsonb, rows bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
set enable_nestloop = off -- nobody tells the planner how many rows an array holds
as $$
declare
    v_edge pydb_internal.reference_edge;
    v_own text;
    v_from text;
    v_named text;
begin
    for v_edge in
        -- the root itself comes first, as an edge without a name
        select (jsonb_populate_record(null::pydb_internal.reference_edge, jsonb_build_object(
            'child', p_root::oid, 'child_columns', p_columns, 'parent_columns', p_columns
        ))).*
        union all
        select r.* from pydb_internal.erasure_edges(p_root, p_columns) as r where p_is_whole
    loop
        v_own := pydb_internal.erasure_key_source(v_edge.child, v_edge.child_columns, v_edge.parent_columns, 't');
        v_from := pydb_internal.reference_source(
            pydb_internal.relation_source(v_edge.child), v_edge.child_columns,
            pydb_internal.reference_edge_condition(v_edge, false)
        );
        v_named := (
            select string_agg(format('t.%I is not null', c.name), ' and ') from unnest(v_edge.child_columns) as c (name)
        );
        relation := pydb_internal.relation_name(v_edge.child);
        via := v_edge.reference;
        for hash, key, rows in execute format(
            'select f.hash, f.key, count(*) from (
                select g.key, sha256(convert_to(g.key::text, ''UTF8'') || $1) as hash from (
                    select %s as key from %s as t where %s offset 0
                ) as g
            ) as f
            inner join unnest($2) as h (hash) on h.hash = f.hash
            group by f.hash, f.key', v_own, v_from, v_named
        ) using p_salt, p_hashes loop
            return next;
        end loop;
    end loop;
end
$$;

comment on function pydb_internal.erasure_search(regclass, name[], bytea, bytea[], boolean) is
'Rows of the root by hash, with their keys, and (p_is_whole) rows of each reference to it that names such a key, whether
the root row is there or not. One scan of each of these tables.';

revoke all on function pydb_internal.erasure_search(regclass, name[], bytea, bytea[], boolean) from public;
