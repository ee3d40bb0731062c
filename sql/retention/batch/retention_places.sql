-- pydb_internal.retention_places (batch; by retention_batch): the places of some parts, for a cursor.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_places(p_parts pydb_internal.run_part[])
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'relation', p.relation::bigint, 'strategy', p.strategy, 'at', p.at_block, 'end', p.until_block, 'from',
        p.from_value, 'density', p.density, 'again', p.is_again, 'guarded', p.is_guarded
    ))), '[]')
    from unnest(p_parts) as p
    where p.is_late is not true;
$$;

comment on function pydb_internal.retention_places(pydb_internal.run_part[]) is
'Array of objects: relation, strategy, at and end (blocks), from (time), density, again, guarded.';

revoke all on function pydb_internal.retention_places(pydb_internal.run_part[]) from public;
