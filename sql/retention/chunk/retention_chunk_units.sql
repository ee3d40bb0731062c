-- pydb_internal.retention_chunk_units (chunk; by retention_partition_units): what becomes of each chunk of a
-- hypertable.
-- reads the chunks and what references them, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_chunk_units(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz
)
returns table (relation oid, is_whole boolean, action text, code text, reason text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rule constant pydb_internal.hold_rule := pydb_internal.hold_rule_of(p_policy.target);
    v_said constant pydb_internal.retention_said := pydb_internal.retention_said_of(p_policy, p_cutoff);
    v_bounds pydb_internal.retention_bounds;
    v_chunks pydb_internal.retention_bounds[] := '{}'::pydb_internal.retention_bounds[];
    v_codes text[] := '{}'::text[];
    v_reasons text[] := '{}'::text[];
begin
    for v_bounds in
        select b.* from pydb_internal.retention_chunk_bounds(p_policy, p_cutoff, p_policy.target) as b
    loop
        begin
            select v.code, v.reason into code, reason
            from pydb_internal.retention_partition_verdict(p_policy, p_cutoff, v_bounds, v_rule, v_said) as v;
            perform pydb_internal.retention_undo();
        exception when sqlstate 'YD902' then
            null; -- as in retention_measure
        end;
        v_chunks := v_chunks || v_bounds;
        v_codes := v_codes || code;
        v_reasons := v_reasons || reason;
    end loop;
    return query
    select
        u.partition, u.goes, case when u.goes then pydb_internal.retention_save_whole_action(p_policy)
            else 'keep' end, -- a compressed row cannot be told by its place: all wait until their chunk goes
        case when u.code = 'partition_old' and not u.goes then 'partition_beside' else u.code end,
        case
            when u.code = 'partition_old' and not u.goes then 'a chunk of the same stretch of time stays'
            else u.reason
        end
    from (
        select
            c.partition, c.place, v_codes[c.place] as code, v_reasons[c.place] as reason,
            -- TimescaleDB drops them together
            bool_and(v_codes[c.place] = 'partition_old') over (partition by c.lower_bound, c.upper_bound) as goes
        from unnest(v_chunks) with ordinality as c
            (parent, partition, lower_bound, upper_bound, is_default, is_old, is_young, is_sure, is_last, place)
    ) as u
    order by u.place;
end
$$;

comment on function pydb_internal.retention_chunk_units(pydb.retention_policy, timestamptz) is
'As pydb_internal.retention_partition_units: one row a chunk; what does not go as a whole stays as it is.';

revoke all on function pydb_internal.retention_chunk_units(pydb.retention_policy, timestamptz) from public;
