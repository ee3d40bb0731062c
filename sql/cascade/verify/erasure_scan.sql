-- pydb_internal.erasure_scan (verify): the rows behind an edge whose keys have some hashes: live ones, or copies in one
-- archive or the quarantine.
-- reads the child or the store, pydb.reference   writes nothing   locks nothing above a select
-- raises 55P03 YD005 YD103 YD113 YD114 YD602
create or replace function pydb_internal.erasure_scan(
    p_edge pydb_internal.reference_edge,
    p_store oid,
    p_salt bytea,
    p_hashes bytea[]
)
returns table (hash bytea, key jsonb, rows bigint)
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
    v_from constant text := case
        when p_store is not null then pydb_internal.cascade_copy_source(p_edge, false, p_store)
        else pydb_internal.reference_source(
            pydb_internal.relation_source(p_edge.child), p_edge.child_columns,
            pydb_internal.reference_edge_condition(p_edge, false)
        )
    end;
    v_named constant oid[] := array_remove(array[p_edge.child, p_edge.parent, p_store], null);
    v_where text := (
        select string_agg(format('t.%I is not null', c.name), ' and ') from unnest(p_edge.child_columns) as c (name)
    );
begin
    perform pydb_internal.relation_check_names(v_named, pydb_internal.relation_names(v_named));
    if v_from is null then
        return; -- no copy has its columns
    end if;
    -- a value that others share names them too, where one of them is still there
    if p_store is null and p_edge.reference is not null and not exists (
        select from pydb_internal.cascade_unique_keys(p_edge.parent) as u
        where u.columns <@ p_edge.parent_columns
    ) then
        v_where := v_where || format(
            ' and not exists (select 1 from %s as p where %s)', pydb_internal.reference_source(
                pydb_internal.relation_source(p_edge.parent), p_edge.parent_columns,
                pydb_internal.reference_edge_condition(p_edge, true)
            ), pydb_internal.reference_match(p_edge, 't', 'p')
        );
    end if;
    for hash, key, rows in execute format(
        'select f.hash, f.key, count(*) from (
            select g.key, sha256(convert_to(g.key::text, ''UTF8'') || $1) as hash from (
                select %s as key from %s as t where %s offset 0
            ) as g
        ) as f
        inner join unnest($2) as h (hash) on h.hash = f.hash
        group by f.hash, f.key',
        pydb_internal.erasure_key_source(p_edge.child, p_edge.child_columns, p_edge.parent_columns, 't'), v_from,
        v_where
    ) using p_salt, p_hashes loop
        return next;
    end loop;
end
$$;

comment on function pydb_internal.erasure_scan(pydb_internal.reference_edge, oid, bytea, bytea[]) is
'Rows by the hash of what they name, with that key, in one scan. p_store null: of the live child; of a reference to
columns that are not unique, those that no row answers to.';

revoke all on function pydb_internal.erasure_scan(pydb_internal.reference_edge, oid, bytea, bytea[]) from public;
