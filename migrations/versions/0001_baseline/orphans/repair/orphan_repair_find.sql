-- pydb_internal.orphan_repair_find (repair; by orphan_repair_turn): find the orphans of the next stretch of a repair,
-- in one query, before they are repaired.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_repair_find(p_walk jsonb, p_edge pydb_internal.reference_edge)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_segment constant jsonb := p_walk -> 'segments' -> 0;
    v_relation constant oid := (v_segment ->> 'relation')::oid;
    v_at constant bigint := (v_segment ->> 'at')::bigint;
    v_blocks constant bigint := pg_relation_size(v_relation::regclass) / current_setting('block_size')::bigint;
    -- about 200,000 at a time; to look for them is to read the whole parent each time
    v_until constant bigint := v_at + greatest(v_blocks * 200000 / (p_walk ->> 'due')::bigint, 1024);
    v_is_last constant boolean := v_until >= v_blocks;
    v_slices jsonb;
begin
    execute format(
        'select coalesce(jsonb_agg(s.tids order by s.slice), ''[]'') from (
            select (r.n - 1) / 500 as slice, array_agg(r.tid order by r.n)::text as tids
            from (
                select t.ctid as tid, row_number() over (order by t.ctid) as n
                from only %s as t where %s%s and %s
            ) as r
            group by 1
        ) as s',
        pydb_internal.relation_name(v_relation), case
            when v_at = 0 and v_is_last then ''
            when v_is_last then format('t.ctid >= ''(%s,0)'' and ', v_at)
            else format('t.ctid >= ''(%s,0)'' and t.ctid < ''(%s,0)'' and ', v_at, v_until)
        end, p_walk ->> 'age', pydb_internal.orphan_condition(p_edge)
    ) into v_slices;
    return jsonb_set(p_walk, '{segments,0}', v_segment || jsonb_build_object('at', v_until, 'ended', v_is_last))
        || jsonb_build_object('slices', v_slices, 'rows', 0, 'tries', 0);
end
$$;

comment on function pydb_internal.orphan_repair_find(jsonb, pydb_internal.reference_edge) is
'The walk with the places of the next orphans, in slices of 500, and the block to go on from.';

revoke all on function pydb_internal.orphan_repair_find(jsonb, pydb_internal.reference_edge) from public;
