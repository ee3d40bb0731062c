-- pydb_internal.cascade_held_by (held; by cascade_job_vet): the holds that keep rows of a walk.
-- reads the relations of the walk, and what their rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.cascade_held_by(p_walk pydb_internal.cascade_closure)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (select g.is_any from pydb_internal.hold_state() as g) then
        return '{}'::text[];
    end if;
    return array(
        select distinct n.name as hold
        from unnest(p_walk.parts) as s
        cross join lateral unnest(
            pydb_internal.hold_names_of(s.relation, 't.ctid = any($1)', null, 10, s.tids)
        ) as n (name)
        where s.effect in ('delete', 'nullify', 'default')
        order by hold
    );
end
$$;

comment on function pydb_internal.cascade_held_by(pydb_internal.cascade_closure) is
'Names of holds, at most ten a relation.';

revoke all on function pydb_internal.cascade_held_by(pydb_internal.cascade_closure) from public;
