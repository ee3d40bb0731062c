-- pydb_internal.telemetry_problem (measure): why a table must not be read or given partitions as the current role.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_problem(p_table regclass)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- policies run as whoever reads, and so do functions in constraints and indexes, which are folded by its planner
    with tree as (
        select c.oid, c.relkind, c.relowner, c.relrowsecurity
        from pydb_internal.relation_tree(p_table) as t
        inner join pg_class as c on c.oid = t.relid
    ), part as (
        select 'pg_class'::regclass as catalog, t.oid from tree as t
        union all
        select 'pg_class'::regclass, i.indexrelid from pg_index as i inner join tree as t on t.oid = i.indrelid
        union all
        select 'pg_constraint'::regclass, k.oid from pg_constraint as k inner join tree as t on t.oid = k.conrelid
        union all
        select 'pg_statistic_ext'::regclass, s.oid from pg_statistic_ext as s inner join tree as t on t.oid = s.stxrelid
    )

    select case
        when not exists (select from tree) then format('table %s is gone', p_table)
        -- owners who could become this role anyway
        when not exists (select from tree as t where not pg_has_role(t.relowner, current_user, 'member')) then null
        when exists (select from tree as t where t.relrowsecurity) then format('%s has row security', p_table)
        when exists (select from tree as t where t.relkind not in ('p', 'r'))
            then format('%s has a partition that is no table', p_table)
        when exists (
            select
            from part as p
            inner join pg_depend as d on d.classid = p.catalog and d.objid = p.oid
            -- what PostgreSQL brought along is nowhere in pg_depend
            where d.refclassid in (
                'pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass,
                'pg_opfamily'::regclass, 'pg_am'::regclass
            )
        ) then format('%s has functions, types or operators of its own', p_table)
    end
$$;

comment on function pydb_internal.telemetry_problem(regclass) is
'Why code of somebody who could not become the current role might run if it planned a query of the table or a partition
of it, or that the table is gone; null = it may.';

revoke all on function pydb_internal.telemetry_problem(regclass) from public;
