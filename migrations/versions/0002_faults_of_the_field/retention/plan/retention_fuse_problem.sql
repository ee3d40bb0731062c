-- pydb_internal.retention_fuse_problem (plan): the reason why a policy's fuse trips, null if it holds.
-- reads the target, where an estimate is too close to call   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_fuse_problem(
    p_policy pydb.retention_policy,
    p_due bigint,
    p_total bigint,
    p_all bigint
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_total bigint;
    v_share numeric;
begin
    if p_all > p_policy.fuse_rows then
        return format('%s rows would go, fuse_rows is %s', p_all, p_policy.fuse_rows);
    elsif p_policy.fuse_share = 1 then
        return null;
    end if;
    -- the total may be an estimate, too high after a large delete: the counters of the cumulative statistics see that,
    -- the last ANALYZE does not. Where the fuse might trip by either, the rows are counted.
    select least(p_total, sum(pg_stat_get_live_tuples(l.relation))::bigint) into v_total
    from pydb_internal.retention_leaves(p_policy.target) as l
    where not l.foreign_table;
    v_share := p_due::numeric / greatest(v_total, 1);
    if v_share > p_policy.fuse_share * 0.75 then
        select sum(pydb_internal.retention_total_rows(l.relation, true))::bigint into v_total
        from pydb_internal.retention_leaves(p_policy.target) as l
        where not l.foreign_table;
        v_share := p_due::numeric / greatest(v_total, 1);
    end if;
    if v_share > p_policy.fuse_share then
        return format(
            '%s of %s rows would go (%s %%), fuse_share allows %s %%', p_due, v_total, round(v_share * 100, 1),
            round(p_policy.fuse_share * 100, 1)
        );
    end if;
    return null;
end
$$;

comment on function pydb_internal.retention_fuse_problem(pydb.retention_policy, bigint, bigint, bigint) is
'Why the fuse of a policy trips, or null: at p_due rows that would go of the p_total of its table, or p_all of whatever
table.';

revoke all on function pydb_internal.retention_fuse_problem(pydb.retention_policy, bigint, bigint, bigint) from public;
