-- pydb_internal.hold_travel (travel; by archive_holds): the holds that rows of a table take along where they are
-- exported: those in force that may be about them.
-- reads pydb.hold, the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_travel(p_relation oid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    v_place oid;
    v_seeds pydb_internal.hold_seed[];
    v_above oid[];
begin
    if not (select g.is_any from pydb_internal.hold_state() as g)
        or not exists (select from pg_class as c where c.oid = p_relation)
    then
        return '[]'::jsonb;
    end if;
    v_place := pydb_internal.hold_top(p_relation);
    v_seeds := array(
        select s from pydb_internal.hold_seeds(array(
            select h from pydb_internal.hold_active() as h where h.overrides is null
        ), '{}') as s
    );
    v_above := case
        when pydb_internal.hold_has_edges(v_place)
            then (pydb_internal.hold_edges_between(v_place, v_seeds)).above
        else array[v_place]
    end;
    return (
        select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'name', h.name, 'kind', h.kind, 'relation', h.relation_name, 'columns', to_jsonb(h.key_columns),
            'reason', h.reason, 'until', h.until, 'placed_at', h.placed_at, 'digest', pydb_internal.hold_digest(h)
        )) order by h.name), '[]')
        from pydb_internal.hold_active() as h
        where h.overrides is null and exists (
            select from pydb_internal.hold_seeds(array[h], '{}') as s where s.place = any(v_above)
        )
    );
end
$$;

comment on function pydb_internal.hold_travel(oid) is
'Array of holds that name rows of a table, rows that its rows hang on, or rows that need them: name, kind, relation,
columns, reason, until, placed_at, and digest instead of the values.';

revoke all on function pydb_internal.hold_travel(oid) from public;
