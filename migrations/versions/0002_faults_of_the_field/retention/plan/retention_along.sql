-- pydb_internal.retention_along (plan): the sums of what goes along with the rows that a policy deletes.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_along(
    p_policy pydb.retention_policy,
    p_steps pydb.cascade_step[],
    out rows bigint,
    out own bigint,
    out relations jsonb,
    out block text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_own constant text := pydb_internal.relation_name(
        coalesce(pg_partition_root(p_policy.target), p_policy.target)
    );
begin
    select
        coalesce(sum(c.rows), 0)::bigint, coalesce(sum(c.rows) filter (where c.relation = v_own), 0)::bigint,
        coalesce(jsonb_object_agg(c.relation, c.rows) filter (where c.rows > 0), '{}'), min(c.block)
    into rows, own, relations, block
    from (
        select
            s.relation, coalesce(sum(s.rows) filter (where s.action = 'delete'), 0)::bigint as rows,
            -- what no row can pass: rows that nobody can count, a missing privilege, a rule, row-level security
            min(concat_ws(': ', s.relation, s.via, s.warning, s.cure)) filter (
                where s.action = 'blocked' and (s.rows is null or pydb_internal.cascade_is_curable(s.codes))
            ) as block
        from unnest(p_steps) as s
        group by s.relation
    ) as c;
end
$$;

comment on function pydb_internal.retention_along(pydb.retention_policy, pydb.cascade_step[]) is
'Of the steps of retention_cascade_plan: rows that go, those of the policy''s own table among them, rows per relation,
and the edge that keeps the whole run from starting (null = none).';

revoke all on function pydb_internal.retention_along(pydb.retention_policy, pydb.cascade_step[]) from public;
