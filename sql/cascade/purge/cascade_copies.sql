-- pydb_internal.cascade_copies (purge): the archived and quarantined rows that belong to some root rows, layer by
-- layer, whether these are live, archived or gone.
-- reads the root and what references it, the archives, pydb.orphan_quarantine   writes nothing
-- locks nothing above a select
-- raises YD005 YD103 YD114 YD301 YD602
create or replace function pydb_internal.cascade_copies(
    p_root regclass,
    p_keys jsonb,
    p_choices jsonb,
    p_walk pydb_internal.cascade_closure
)
returns setof pydb_internal.cascade_copy
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_keys constant jsonb := case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end;
    v_key constant name[] := pydb_internal.cascade_root_key(p_root, v_keys);
    v_edges constant pydb_internal.reference_edge[] := array(
        select distinct on (e.kind, e.reference, e.child_columns) e
        from pydb_internal.cascade_copy_edges(p_root, v_key, coalesce(p_choices, '{}')) as e
    );
    v_live constant pydb_internal.cascade_rows[] := pydb_internal.cascade_merge_rows(p_walk.parts);
    v_places record := pydb_internal.cascade_places(v_live, '$2');
    v_all pydb_internal.cascade_copy[] := '{}'::pydb_internal.cascade_copy[];
    v_last pydb_internal.cascade_copy[];
    v_new pydb_internal.cascade_copy[];
    v_edge pydb_internal.reference_edge;
    v_store oid;
    v_from text;
    v_parents text;
    v_tids tid[];
    v_layer integer := 0;
begin
    if v_key is null then
        return; -- no keys
    end if;
    loop
        v_new := '{}';
        foreach v_edge in array v_edges loop
            v_parents := pydb_internal.cascade_copy_parents(
                v_edge, p_root, v_key, v_live, v_places.places, v_last
            );
            continue when v_parents = '';
            for v_store in
                select t.archive::oid from pydb.archive_table as t
                inner join pg_class as c on c.oid = t.archive
                where t.source = pydb_internal.archive_top(v_edge.child)
                union all
                select 'pydb.orphan_quarantine'::regclass::oid
            loop
                v_from := pydb_internal.cascade_copy_source(v_edge, false, v_store);
                continue when v_from is null;
                execute format(
                    'select array_agg(a.ctid) from %s as a where exists (select 1 from (%s) as p where %s)
                        and a.ctid <> all($4)', v_from, v_parents, pydb_internal.reference_match(v_edge, 'a', 'p')
                ) into v_tids using v_keys, v_places.large, v_last, array(
                    select u.tid from unnest(v_all || v_new) as c cross join lateral unnest(c.tids) as u (tid)
                    where c.store = v_store
                );
                if v_tids is not null then
                    v_new := v_new || row(
                        v_layer, v_edge.reference, pydb_internal.archive_top(v_edge.parent), v_store,
                        pydb_internal.archive_top(v_edge.child), v_tids
                    )::pydb_internal.cascade_copy;
                end if;
            end loop;
        end loop;
        exit when v_new = '{}';
        return query select c.* from unnest(v_new) as c;
        v_all := v_all || v_new;
        v_last := v_new;
        v_layer := v_layer + 1;
    end loop;
end
$$;

comment on function pydb_internal.cascade_copies(regclass, jsonb, jsonb, pydb_internal.cascade_closure) is
'Rows of archives, and of the quarantine, that have the keys of a closure or name them over any of its edges that
delete, each once: those of a layer were found by the layer before, so the last layers go first.';

revoke all on function pydb_internal.cascade_copies(regclass, jsonb, jsonb, pydb_internal.cascade_closure) from public;
