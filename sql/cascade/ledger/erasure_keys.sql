-- pydb_internal.erasure_keys (ledger): for each edge of a closure the salted hashes of the keys that its rows are found
-- by: what the ledger keeps, so that another look finds rows below those that are gone.
-- reads the relations of the closure, pydb.reference, pydb.setting   writes nothing   locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.erasure_keys(p_walk pydb_internal.cascade_closure, p_salt bytea)
returns pydb.erasure_edge[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
as $$
declare
    v_most constant bigint := pydb_internal.setting_get(p_name => 'erasure_edge_keys')::bigint;
    v_live constant pydb_internal.cascade_rows[] := pydb_internal.cascade_merge_rows(p_walk.parts);
    v_places record := pydb_internal.cascade_places(v_live, '$2');
    v_edge pydb_internal.reference_edge;
    v_from text;
    v_keys bigint;
    v_hashes bytea[];
    v_all pydb.erasure_edge[] := '{}'::pydb.erasure_edge[];
begin
    for v_edge in select (m.edge).* from unnest(p_walk.edges) as m order by (m.edge).reference loop
        select string_agg(format(
            'select %s as key from %s as t where t.ctid = any(%s) and %s',
            pydb_internal.erasure_key_source(
                v_edge.parent, v_edge.parent_columns, v_edge.parent_columns, 't'
            ), pydb_internal.reference_source(
                'only ' || pydb_internal.relation_name(s.relation), v_edge.parent_columns,
                pydb_internal.reference_edge_condition(v_edge, true)
            ), v_places.places[s.ordinality], (
                select string_agg(format('t.%I is not null', c.name), ' and ')
                from unnest(v_edge.parent_columns) as c (name)
            )
        ), ' union ') into v_from
        from unnest(v_live) with ordinality as s
        where s.effect = 'delete'
            and pydb_internal.archive_top(s.relation) = pydb_internal.archive_top(v_edge.parent);
        continue when v_from is null;
        if not pydb_internal.erasure_is_readable(v_edge) then
            v_keys := null;
            v_hashes := null;
        else
            execute format(
                'select count(*), case when count(*) <= $3
                    then array_agg(sha256(convert_to(f.key::text, ''UTF8'') || $1)) end
                from (select distinct u.key from (%s) as u) as f', v_from
            ) into v_keys, v_hashes using p_salt, v_places.large, v_most;
            v_hashes := case when v_keys = 0 then '{}' else v_hashes end;
        end if;
        v_all := v_all || row(
            v_edge.reference, pydb_internal.relation_name(v_edge.child), v_edge.child_columns,
            pydb_internal.relation_name(v_edge.parent), v_edge.parent_columns, v_keys, v_hashes
        )::pydb.erasure_edge;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.erasure_keys(pydb_internal.cascade_closure, bytea) is
'For pydb.erasure.edges. hashes null: more keys than the setting erasure_edge_keys, or (keys null too) of a type
that cannot be read.';

revoke all on function pydb_internal.erasure_keys(pydb_internal.cascade_closure, bytea) from public;
