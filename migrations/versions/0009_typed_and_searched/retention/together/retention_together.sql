-- pydb_internal.retention_together (together; by retention_partition_turn): further partitions that go under the same
-- lock: every session plans anew once for all of them, and waits once.
-- reads the partitions and what references them, pg_locks, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_together(
    p_policy pydb.retention_policy,
    p_work pydb_internal.retention_work,
    p_parent oid,
    p_partition oid,
    p_max_rows bigint
)
returns oid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_most constant bigint := coalesce(p_work.parts_most, 12); -- go in one statement
    v_files bigint := 100; -- tables, indexes and what is beside them: each takes 50 microseconds of the lock
    v_left bigint := p_max_rows;
    v_rows bigint;
    v_code text;
    v_rule constant pydb_internal.hold_rule := pydb_internal.hold_rule_of(p_policy.target);
    v_said constant pydb_internal.retention_said := pydb_internal.retention_said_of(p_policy, p_work.cutoff);
    v_bounds pydb_internal.retention_bounds;
    v_all oid[] := '{}'::oid[];
begin
    for v_bounds in
        select b.* from pydb_internal.retention_partition_bounds(p_policy, p_work.cutoff, p_parent) as b
        where b.partition = any(p_work.parts_planned) and b.partition <> p_partition
            and not exists (
                select from pg_locks as l
                where l.locktype = 'relation' and l.relation = b.partition and l.granted
                    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
                    and l.pid is distinct from pg_backend_pid()
            )
        order by array_position(p_work.parts_planned, b.partition)
    loop
        exit when cardinality(v_all) >= v_most - 1;
        begin
            select v.code into v_code
            from pydb_internal.retention_partition_verdict(p_policy, p_work.cutoff, v_bounds, v_rule, v_said) as v;
            if p_max_rows is not null then
                v_rows := (pydb_internal.retention_partition_rows(v_bounds.partition)).rows;
            end if;
            perform pydb_internal.retention_undo();
        exception when sqlstate 'YD902' then
            null; -- as in retention_measure
        end;
        if v_code = 'partition_old' then
            v_left := v_left - v_rows;
            v_files := v_files - (
                select sum(1 + (select count(*) from pg_index as i where i.indrelid = c.oid)
                    + case when c.reltoastrelid <> 0 then 2 else 0 end)::bigint
                from pydb_internal.relation_tree(v_bounds.partition) as t
                inner join pg_class as c on c.oid = t.relid
            );
            exit when v_left < 0 or v_files < 0;
            v_all := v_all || v_bounds.partition;
        end if;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.retention_together(
    pydb.retention_policy, pydb_internal.retention_work, oid, oid, bigint
) is
'Other partitions of the same table that were planned to go and still may, of p_max_rows together (null = any), that
nobody uses now; as many as the locks before allow (parts_most), fewer where they have many indexes.';

revoke all on function pydb_internal.retention_together(
    pydb.retention_policy, pydb_internal.retention_work, oid, oid, bigint
) from public;
