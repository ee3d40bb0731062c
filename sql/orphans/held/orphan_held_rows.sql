-- pydb_internal.orphan_held_rows (held): orphans that holds keep, and the names of these.
-- reads the child, the parent, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.orphan_held_rows(
    p_edge pydb_internal.reference_edge,
    p_age text,
    out rows bigint,
    out holds text[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_free constant text := pydb_internal.hold_free_condition(p_edge.child);
    v_orphans text;
begin
    rows := 0;
    holds := '{}';
    if v_free <> '' then
        v_orphans := p_age || ' and ' || pydb_internal.orphan_condition(p_edge);
        execute format(
            'select count(*) from %s as t where %s and not (true%s)', pydb_internal.relation_source(p_edge.child),
            v_orphans, v_free
        ) into rows;
        if rows > 0 then
            holds := pydb_internal.hold_names_of(p_edge.child, v_orphans);
        end if;
    end if;
end
$$;

comment on function pydb_internal.orphan_held_rows(pydb_internal.reference_edge, text) is
'How many rows without a parent stay for a hold, and for which (at most ten names).';

revoke all on function pydb_internal.orphan_held_rows(pydb_internal.reference_edge, text) from public;
