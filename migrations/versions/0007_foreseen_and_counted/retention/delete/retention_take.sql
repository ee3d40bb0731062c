-- pydb_internal.retention_take (delete): delete the rows of one range in the
-- way of the policy and of the moment: alone or with what references them, at once or one by one.
-- writes the target, and what references it   locks the rows
-- raises what the delete raises
create or replace function pydb_internal.retention_take(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_mode text,
    p_way text,
    p_within text,
    p_archive bigint default null,
    out rows_done bigint,
    out rows_locked bigint,
    out relations jsonb,
    out faults jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tables constant oid[] := case p_way when 'count' then (pydb_internal.retention_reach(p_policy)).tables end;
    v_before jsonb;
    v_none constant pydb_internal.cascade_closure := jsonb_populate_record(
        null::pydb_internal.cascade_closure, '{"edges": [], "parts": []}'
    );
begin
    rows_locked := 0;
    if pydb_internal.retention_has_rules(p_policy) then
        p_condition := pydb_internal.retention_chosen(p_relation, p_condition);
    end if;
    if p_mode = 'rows' then
        select d.rows_done, d.rows_locked, d.relations, d.faults into rows_done, rows_locked, relations, faults
        from pydb_internal.retention_delete_rows(
            p_policy, p_relation, p_condition, p_limit, p_way, p_within, p_archive
        ) as d;
    elsif p_way in ('walk', 'circle') then
        select c.rows_done, c.relations into rows_done, relations
        from pydb_internal.retention_delete_cascade(
            p_policy, p_relation, p_condition, p_limit, p_mode = 'skip', p_way, p_within, p_archive
        ) as c;
    elsif p_way = 'count' then
        select jsonb_object_agg(g.relation, g.rows) into v_before from pydb_internal.retention_gone(v_tables) as g;
        perform pydb_internal.retention_delete(p_relation, p_condition, p_limit, p_mode = 'skip');
        -- what keys took along is gone by now, of whatever table
        select coalesce(sum(d.rows), 0)::bigint, jsonb_object_agg(pydb_internal.relation_name(d.relation), d.rows)
        into rows_done, relations
        from (
            select g.relation, g.rows - coalesce((v_before ->> g.relation::text)::bigint, 0) as rows
            from pydb_internal.retention_gone(v_tables) as g
        ) as d
        where d.rows > 0;
    elsif not exists (
        select 1 from pg_trigger as g
        where g.tgrelid = p_relation and not g.tgisinternal and g.tgtype & 8 = 8 and g.tgenabled in ('O', 'A')
    ) then
        rows_done := pydb_internal.retention_delete(p_relation, p_condition, p_limit, p_mode = 'skip', p_archive);
    else
        v_before := pydb_internal.cascade_deleted_counts(v_none);
        rows_done := pydb_internal.retention_delete(p_relation, p_condition, p_limit, p_mode = 'skip', p_archive);
        -- what triggers deleted is in no plan, and in the log all the same
        select jsonb_object_agg(pydb_internal.relation_name(d.relation), d.rows) into relations
        from (
            select e.key::oid as relation, e.value::bigint - coalesce((v_before ->> e.key)::bigint, 0)
                - case e.key::oid when p_relation then rows_done else 0 end as rows
            from jsonb_each_text(pydb_internal.cascade_deleted_counts(v_none)) as e
        ) as d
        where d.rows > 0;
    end if;
end
$$;

comment on function pydb_internal.retention_take(
    pydb.retention_policy, oid, text, bigint, text, text, text, bigint
) is
'Deletes the rows of a range. p_mode: plain, skip (around locked ones) or rows (one by one, past those that an
error or a lock keeps). p_way: as retention_reach says, or
circle (see retention_circles; p_within holds for the rows of all its partitions then). rows_done
counts all rows that went, of whatever table;
relations: rows per relation, where others go along; else what triggers deleted beyond
rows_done. faults: as
retention_delete_rows counts them. p_archive: run that
keeps what goes in archives.';

revoke all on function pydb_internal.retention_take(
    pydb.retention_policy, oid, text, bigint, text, text, text, bigint
) from public;
