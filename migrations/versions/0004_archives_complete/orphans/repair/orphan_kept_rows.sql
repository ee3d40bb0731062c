-- pydb_internal.orphan_kept_rows (repair; by orphan_stuck): how many orphans rows that stay keep from being deleted,
-- and those from others.
-- reads the child, the tables that reference it and the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_kept_rows(p_edge pydb_internal.reference_edge, p_condition text)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_child constant text := pydb_internal.relation_source(p_edge.child);
    v_keepers text;
    v_chain text;
    v_rows bigint;
begin
    -- an orphan keeps another only while it stays itself
    select
        string_agg(format(
            'exists (select 1 from %s as c where %s%s)', pydb_internal.relation_source(r.child),
            pydb_internal.reference_match(r, 'c', 'p'), case when r.child = p_edge.child then
                ' and not exists (select 1 from due as d where d.relation = c.tableoid and d.tid = c.ctid)'
            else '' end
        ), ' or '),
        string_agg(case when r.child = p_edge.child then pydb_internal.reference_match(r, 'c', 'p') end, ') or (')
    into v_keepers, v_chain
    from pydb_internal.reference_edges(p_edge.child) as r
    where r.kind = 'declared' and r.is_enforced and r.on_delete in ('a', 'r');
    if v_keepers is null then
        return 0;
    end if;
    execute format(
        'with recursive due as materialized (
            select t.tableoid as relation, t.ctid as tid from %1$s as t where %2$s
        ),
        kept as (
            select p.tableoid as relation, p.ctid as tid
            from due as d inner join %1$s as p on p.tableoid = d.relation and p.ctid = d.tid
            where %3$s%4$s
        )
        select count(*) from kept', v_child, p_condition, v_keepers, case when v_chain is null then '' else format(
            ' union
            select p.tableoid, p.ctid
            from kept as k
            inner join %1$s as c on c.tableoid = k.relation and c.ctid = k.tid
            inner join %1$s as p on %2$s
            inner join due as d on d.relation = p.tableoid and d.tid = p.ctid', v_child, '(' || v_chain || ')'
        ) end
    ) into v_rows;
    return v_rows;
end
$$;

comment on function pydb_internal.orphan_kept_rows(pydb_internal.reference_edge, text) is
'Rows that meet a condition over alias t and that rows which do not, or which are kept themselves, reference by a key
that lets no parent go.';

revoke all on function pydb_internal.orphan_kept_rows(pydb_internal.reference_edge, text) from public;
