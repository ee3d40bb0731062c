-- pydb_internal.orphan_ring (repair; by orphan_apply_rows): an orphan with the orphans of its relation that keep it,
-- and those that keep them.
-- reads the relation and the parent   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_ring(
    p_work pydb_internal.orphan_repair_work,
    p_relation oid,
    p_tid tid
)
returns tid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_relation);
    v_match text;
    v_tids tid[];
begin
    select string_agg(pydb_internal.reference_match(r, 't', 'p'), ') or (') into v_match
    from pydb_internal.reference_edges((p_work.edge).child) as r
    where r.kind = 'declared' and r.child = (p_work.edge).child and r.on_delete in ('a', 'r');
    if v_match is null then
        return null;
    end if;
    execute format(
        'with recursive ring as (
            select $1 as tid
            union
            select t.ctid
            from ring as r inner join only %1$s as p on p.ctid = r.tid inner join only %1$s as t on (%2$s)
        )
        select array_agg(f.tid) from (
            select r.tid from (select g.tid from ring as g limit 501) as r
            inner join only %1$s as t on t.ctid = r.tid
            where %3$s and %4$s
        ) as f', v_name, v_match, p_work.age, pydb_internal.orphan_condition(p_work.edge)
    ) into v_tids using p_tid;
    return case when cardinality(v_tids) <= 500 then v_tids end;
end
$$;

comment on function pydb_internal.orphan_ring(pydb_internal.orphan_repair_work, oid, tid) is
'Places of a row and of the orphans that reference it, and each other, by keys of the table to itself; null where there
is no such key, or more than 500 rows.';

revoke all on function pydb_internal.orphan_ring(pydb_internal.orphan_repair_work, oid, tid) from public;
