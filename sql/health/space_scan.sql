-- pydb.space_scan: what deleted rows have left in the files of tables, what holds vacuum back, and what would give the
-- space back.
-- reads pydb.retention_policy, pydb.archive_table, the statistics and the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.space_scan(p_table regclass default null)
returns table (
    relation text,
    policies text[],
    total_bytes bigint,
    heap_bytes bigint,
    index_bytes bigint,
    toast_bytes bigint,
    live_rows bigint,
    dead_rows bigint,
    reusable_bytes bigint,
    vacuumed_at timestamptz,
    held_by text,
    held_since timestamptz,
    summary text,
    hint text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_holder pydb.vacuum_holder;
    v_repack constant text := case when current_setting('server_version_num')::integer >= 190000
        then 'repack (concurrently) %1$s;' else 'pg_repack --table=%1$s' end;
begin
    select h.* into v_holder
    from pydb.vacuum_holder as h
    where h.age_transactions is not null
    limit 1;
    return query
    with wanted (top, policy) as (
        select p_table::oid, p.name
        from (select) as one
        left join pydb.retention_policy as p on p.target = p_table
        where p_table is not null
        union all
        select p.target::oid, p.name from pydb.retention_policy as p where p_table is null and not p.builtin
        union all
        select a.archive::oid, null from pydb.archive_table as a where p_table is null
    ),

    leaf as (
        select l.relation as oid, array_agg(w.policy order by w.policy) filter (where w.policy is not null) as policies
        from wanted as w
        cross join lateral pydb_internal.retention_leaves(w.top) as l
        where not l.foreign_table
        group by l.relation
    ),

    measured as (
        select
            l.oid, l.policies, pydb_internal.relation_name(l.oid) as name, pg_total_relation_size(l.oid) as total,
            pg_relation_size(l.oid) as heap, pg_indexes_size(l.oid) as indexes,
            pg_table_size(l.oid) - pg_relation_size(l.oid) as toast,
            coalesce(nullif(s.n_live_tup, 0), greatest(c.reltuples, 0)::bigint) as live, s.n_dead_tup as dead,
            greatest(s.last_vacuum, s.last_autovacuum) as vacuumed, c.relispartition
        from leaf as l
        inner join pg_class as c on c.oid = l.oid
        left join pg_stat_all_tables as s on s.relid = l.oid
    )

    select
        m.name, coalesce(m.policies, '{}'), m.total, m.heap, m.indexes, m.toast, m.live, m.dead, f.bytes, m.vacuumed,
        case when m.dead > 0 and v_holder.kind is not null
            then format('%s %s', v_holder.kind, v_holder.name) end,
        case when m.dead > 0 then v_holder.since end,
        concat_ws('; ',
            case
                when f.bytes is null then 'not known: it was never analyzed, or its columns cannot be read'
                when f.bytes < 65536 or f.bytes < m.heap * 0.05 then 'nothing to get back'
                else format('space is reusable, not returned: about %s of %s', pg_size_pretty(f.bytes),
                    pg_size_pretty(m.heap))
            end,
            case when m.dead > 0 then format('%s dead rows wait for vacuum', m.dead) end,
            case when m.dead > 0 and v_holder.kind is not null
                then format('held back by the %s %s', v_holder.kind, v_holder.name) end),
        case
            when m.dead > 0 and v_holder.hint is not null then v_holder.hint
            when m.dead > m.live * 0.2 + 1000 then format('vacuum (analyze) %s;', m.name)
            when f.bytes >= 65536 and f.bytes >= m.heap * 0.05 then format(
                'vacuum (full, analyze) %1$s; (nobody reads it meanwhile), or ' || v_repack || '%2$s', m.name,
                case when m.relispartition then '; partitions that are dropped return theirs at once' else '' end
            )
        end
    from measured as m
    left join lateral (select pydb_internal.space_free(m.oid, m.live) as bytes) as f on true
    order by f.bytes desc nulls last, m.name;
end
$$;

comment on function pydb.space_scan(regclass) is
'One row a table, or partition, of a policy, of an archive, or of p_table: its sizes, rows that are there and rows
that are dead (by the statistics), reusable_bytes (an estimate: what of the table''s own file its rows do not need,
dead rows counted in; indexes and values out of line not), when it was vacuumed, and what holds vacuum back (held_by,
the oldest of pydb.vacuum_holder). A delete makes space reusable, it does not return it: empty pages at the end of a
file go with a vacuum, all else with what hint names: VACUUM FULL, pg_repack (REPACK from 19 on), a partition that is
dropped.';

revoke all on function pydb.space_scan(regclass) from public;
