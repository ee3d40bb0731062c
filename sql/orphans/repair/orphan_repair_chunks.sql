-- pydb_internal.orphan_repair_chunks (repair; by orphan_repair_turn): look up the orphans of the next stretch of a
-- relation, in one query, before they are repaired.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_repair_chunks(
    p_work pydb_internal.orphan_repair_work,
    p_part pydb_internal.run_part,
    p_due bigint
)
returns pydb_internal.run_part
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_blocks constant bigint := pg_relation_size(p_part.relation::regclass) / current_setting('block_size')::bigint;
    -- about 200,000 at a time; to look for them is to read the whole parent each time
    v_until constant bigint := p_part.at_block + greatest(v_blocks * 200000 / greatest(p_due, 1), 1024);
    -- orphans may keep each other, later ones earlier ones or the other way round
    v_order constant text := case when p_work.pass % 2 = 0 then 'desc' else '' end;
    v_chunk pydb_internal.run_chunk;
    v_tids tid[];
begin
    p_part.is_ended := v_until >= v_blocks;
    v_chunk.relation := p_part.relation;
    v_chunk.filenode := p_part.filenode;
    for v_tids in
        execute format(
            'select array_agg(r.tid order by r.n %s) from (
                select t.ctid as tid, row_number() over (order by t.ctid) as n
                from only %s as t where %s%s and %s
            ) as r
            group by (r.n - 1) / 500
            order by (r.n - 1) / 500 %s',
            v_order, pydb_internal.relation_name(p_part.relation), case
                when p_part.at_block = 0 and p_part.is_ended then ''
                when p_part.is_ended then format('t.ctid >= ''(%s,0)'' and ', p_part.at_block)
                else format('t.ctid >= ''(%s,0)'' and t.ctid < ''(%s,0)'' and ', p_part.at_block, v_until)
            end, p_work.age || coalesce(p_work.free, ''), pydb_internal.orphan_condition(p_work.edge), v_order
        )
    loop
        v_chunk.tids := v_tids;
        p_part.chunks := p_part.chunks || v_chunk;
    end loop;
    p_part.at_block := v_until;
    return p_part;
end
$$;

comment on function pydb_internal.orphan_repair_chunks(
    pydb_internal.orphan_repair_work, pydb_internal.run_part, bigint
) is
'The part with the places of its next orphans, in chunks of 500, and the block to go on from.';

revoke all on function pydb_internal.orphan_repair_chunks(
    pydb_internal.orphan_repair_work, pydb_internal.run_part, bigint
) from public;
