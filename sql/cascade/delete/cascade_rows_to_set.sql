-- pydb_internal.cascade_rows_to_set (delete): the rows of a walk that are to be set and stay, one part an edge and
-- relation.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_rows_to_set(
    p_walk pydb_internal.cascade_closure,
    p_gone pydb_internal.cascade_rows[]
)
returns pydb_internal.cascade_rows[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kept pydb_internal.cascade_rows[];
begin
    if not exists (select 1 from unnest(p_walk.parts) as s where s.effect in ('nullify', 'default')) then
        return '{}'::pydb_internal.cascade_rows[];
    end if;
    execute format(
        'select array_agg(row(0, f.edge, f.effect, f.relation, f.tids)::pydb_internal.cascade_rows)
        from (
            select s.edge, s.effect, s.relation, array_agg(distinct u.tid) as tids
            from unnest($1) as s cross join lateral unnest(s.tids) as u (tid)
            where s.effect in (''nullify'', ''default'') and %s
            group by s.edge, s.effect, s.relation
        ) as f', pydb_internal.cascade_not_in_rows(p_gone, 's.relation', 'u.tid', '$2')
    ) into v_kept using p_walk.parts, p_gone;
    return coalesce(v_kept, '{}');
end
$$;

comment on function pydb_internal.cascade_rows_to_set(pydb_internal.cascade_closure, pydb_internal.cascade_rows[]) is
'Rows that edges set to null or to their defaults and that no cascade takes (p_gone: cascade_merge_rows).';

revoke all on function pydb_internal.cascade_rows_to_set(pydb_internal.cascade_closure, pydb_internal.cascade_rows[])
    from public;
