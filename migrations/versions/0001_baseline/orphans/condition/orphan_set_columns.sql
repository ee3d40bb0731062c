-- pydb_internal.orphan_set_columns (condition): the columns that nullify sets, so that the row references nothing any
-- more.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_set_columns(p_edge pydb_internal.reference_edge)
returns name[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_not_null constant name[] := array(
        select distinct a.attname
        from pg_attribute as a
        where (a.attrelid = p_edge.child or a.attrelid in (
            select l.relation from pydb_internal.orphan_leaves(p_edge.child) as l
        )) and a.attname = any(p_edge.child_columns) and (a.attnotnull or a.attgenerated <> '')
    );
    v_nullable constant name[] := array(
        select u.name from unnest(p_edge.child_columns) with ordinality as u (name, ord)
        where u.name <> all(v_not_null) order by u.ord
    );
begin
    return case
        -- MATCH FULL: all or none
        when p_edge.is_match_full then case when v_not_null = '{}' then p_edge.child_columns end
        -- ON DELETE SET NULL says which
        when p_edge.on_delete = 'n' then case when not v_not_null && p_edge.set_columns then p_edge.set_columns end
        else nullif(v_nullable, '{}')
    end;
end
$$;

comment on function pydb_internal.orphan_set_columns(pydb_internal.reference_edge) is
'Columns to set to null: those that SET NULL names, all for MATCH FULL, else all that may be null; null if that is not
possible.';

revoke all on function pydb_internal.orphan_set_columns(pydb_internal.reference_edge) from public;
