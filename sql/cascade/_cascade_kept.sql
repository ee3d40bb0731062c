-- pydb._cascade_kept: the rows of a walk that are to be set and stay, one part an edge and relation.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._cascade_kept(p_walk pydb.cascade_walk, p_gone pydb.cascade_part[])
returns pydb.cascade_part[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kept pydb.cascade_part[];
begin
    if not exists (select 1 from unnest(p_walk.parts) as s where s.effect in ('nullify', 'default')) then
        return '{}'::pydb.cascade_part[];
    end if;
    execute format(
        'select array_agg(row(0, f.edge, f.effect, f.relation, f.tids)::pydb.cascade_part)
        from (
            select s.edge, s.effect, s.relation, array_agg(distinct u.tid) as tids
            from unnest($1) as s cross join lateral unnest(s.tids) as u (tid)
            where s.effect in (''nullify'', ''default'') and %s
            group by s.edge, s.effect, s.relation
        ) as f', pydb._cascade_unseen(p_gone, 's.relation', 'u.tid', '$2')
    ) into v_kept using p_walk.parts, p_gone;
    return coalesce(v_kept, '{}');
end
$$;

comment on function pydb._cascade_kept(pydb.cascade_walk, pydb.cascade_part[]) is
'Rows that edges set to null or to their defaults and that no cascade takes (p_gone: pydb._cascade_seen).';

revoke all on function pydb._cascade_kept(pydb.cascade_walk, pydb.cascade_part[]) from public;
