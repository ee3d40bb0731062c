-- pydb_internal.metric_policies (known): the policies, and which of them have metrics of their own.
-- reads pydb.retention_policy, pydb.metric_total, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_policies()
returns table (name text, target oid, is_named boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- who has totals of its own stays; the others come as they were made, as far as there is room
    with given as materialized (
        select distinct t.subject from pydb.metric_total as t where t.subsystem = 'retention' and t.subject <> ''
    ),

    policy as (
        select p.name, p.target::oid as target, p.created_at, p.name in (select g.subject from given as g) as has_totals
        from pydb.retention_policy as p
    )
    select
        p.name, p.target, p.has_totals or row_number() over (partition by p.has_totals order by p.created_at, p.name)
        <= s.value::bigint - (select count(*) from policy as o where o.has_totals)
    from policy as p
    inner join pydb.setting as s on s.name = 'metric_subjects'
    order by p.name;
$$;

comment on function pydb_internal.metric_policies() is
'One row a policy; is_named = its metrics have its own name, false = it stands in "other".';

revoke all on function pydb_internal.metric_policies() from public;
