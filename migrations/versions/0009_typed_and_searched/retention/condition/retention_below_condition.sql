-- pydb_internal.retention_below_condition (condition; by retention_deletable_condition): that nothing keeps a row which
-- goes along with the row of alias t, at whatever depth, because all keys of the table to itself cascade.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_below_condition(p_relation oid, p_blockers text[])
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        with step as (
            -- the rows of the table that reference a row of an alias: t is the one that would be deleted, p one below
            select
                u.alias, min(pydb_internal.relation_source(r.child)) as source, string_agg(format(
                    'select c.tableoid as rel, c.ctid as tid from %s as c where %s', r.source, concat_ws(
                        ' and ', pydb_internal.key_match(
                            'c', r.child_columns, u.alias, r.parent_columns, r.operators, r.collations
                        ), pydb_internal.reference_row_condition(p_relation, u.alias, r.parent_condition)
                    )
                ), ' union all ' order by r.reference) as below
            from pydb_internal.retention_references(p_relation) as r
            cross join (values ('t'), ('p')) as u (alias)
            where r.itself and r.on_delete = 'c'
            group by u.alias
        )

        -- the last t is a row below, and hides the first
        select format(' and not exists (
                with recursive below as (
                    select b.rel, b.tid from (%1$s) as b where (b.rel, b.tid) <> (t.tableoid, t.ctid)
                    union
                    select n.rel, n.tid from below as b
                    inner join %3$s as p on p.tableoid = b.rel and p.ctid = b.tid
                    cross join lateral (%2$s) as n
                )
                select 1 from below as b inner join %3$s as t on t.tableoid = b.rel and t.ctid = b.tid
                where %4$s
            )', f.below, n.below, f.source, array_to_string(p_blockers, ' or '))
        from step as f
        inner join step as n on n.alias = 'p'
        where f.alias = 't' and cardinality(p_blockers) > 0
    );
end
$$;

comment on function pydb_internal.retention_below_condition(oid, text[]) is
'SQL behind a condition for alias t of a table whose keys to itself all cascade: no row below t meets one of p_blockers
(over alias t). Null where there is nothing to ask.';

revoke all on function pydb_internal.retention_below_condition(oid, text[]) from public;
