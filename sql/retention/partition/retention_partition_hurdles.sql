-- pydb_internal.retention_partition_hurdles (partition; by retention_partition_verdict): what keeps a partition in its
-- table although all of its rows expired.
-- reads the catalog, the partition   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_partition_hurdles(
    p_policy pydb.retention_policy,
    p_partition oid
)
returns table (code text, reason text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_has_rows boolean;
    v_tree constant oid[] := p_partition || array(
        select t.relid::oid from pydb_internal.relation_tree(p_partition) as t
    );
    v_types oid[];
begin
    return query
    select 'partition_owner', format('it belongs to %s, whom %s is not', c.relowner::regrole, current_user)
    from pg_class as c
    where c.oid = p_partition and not pg_has_role(c.relowner, 'USAGE');
    -- most databases publish nothing: that is seen without planning a large query for each of many partitions
    if (exists (select 1 from pg_publication)) and (exists (
        select 1 from pydb_internal.relation_published(p_partition, 'delete') as p
    )) then
        execute format('select exists (select 1 from %s)', pydb_internal.relation_name(p_partition)) into v_has_rows;
        return query
        select
            'partition_published',
            format('publication %I sends deletes of its rows, and would send none of a dropped table', p.publication)
        from pydb_internal.relation_published(p_partition, 'delete') as p
        where v_has_rows;
    end if;
    if p_policy.partition = 'drop' then
        v_types := array(
            select u.oid from pg_class as c
            inner join pg_type as y on y.oid = c.reltype
            cross join lateral unnest(array[y.oid, y.typarray]) as u (oid)
            where c.oid = any(v_tree)
        );
        return query
        select 'partition_depended', format('%s depends on it', pg_describe_object(d.classid, d.objid, 0))
        from pg_depend as d
        left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
        where d.deptype = 'n' and (
            (d.refclassid = 'pg_class'::regclass and d.refobjid = any(v_tree))
            or (d.refclassid = 'pg_type'::regclass and d.refobjid = any(v_types))
        ) and d.classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_class'::regclass)
            and (w.ev_class is null or w.ev_class <> all(v_tree));
    elsif p_policy.partition = 'move' then
        return query
        select 'partition_name', format('there is a %s already', pydb_internal.relation_name(other.oid))
        from pg_class as c
        inner join pg_class as other on other.relname = c.relname
        inner join pg_namespace as n on n.oid = other.relnamespace and n.nspname = p_policy.partition_schema
        where c.oid = p_partition;
    end if;
end
$$;

comment on function pydb_internal.retention_partition_hurdles(pydb.retention_policy, oid) is
'Reasons, a row each: another owner, a publication that sends deletes, objects that depend on the partition (drop), a
name that is taken (move).';

revoke all on function pydb_internal.retention_partition_hurdles(pydb.retention_policy, oid) from public;
