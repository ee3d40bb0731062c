-- pydb_internal.orphan_quarantine_store (repair; by orphan_apply): keep rows that a live repair of this process takes
-- out of the child of its reference.
-- reads the catalog, pydb.reference, pydb.job_run   writes pydb.orphan_quarantine   locks nothing
-- raises YD005
create or replace function pydb_internal.orphan_quarantine_store(p_run_id bigint, p_relation oid, p_rows jsonb[])
returns bigint
language plpgsql
security definer -- nobody else writes the quarantine: what is in it comes back by orphan_restore
set search_path = pg_catalog, pg_temp
as $$
declare
    -- a run commits, so there is no routine of somebody else between the session and this one
    v_role constant name := coalesce(nullif(current_setting('role'), 'none'), session_user)::name;
    v_edge pydb_internal.reference_edge;
    v_problem text;
    v_rows bigint;
begin
    select e.* into v_edge
    from pydb.job_run as r
    cross join lateral pydb_internal.orphan_edge(r.plan ->> 'reference') as e
    where r.id = p_run_id and r.plan ->> 'mode' = 'quarantine';
    v_problem := case
        when not pydb_internal.run_is_own(p_run_id, 'orphan_repair') or v_edge.child is null
            then 'It is no live repair of this session that quarantines.'
        when p_relation is distinct from v_edge.child
            and not exists (select 1 from pydb_internal.orphan_leaves(v_edge.child) as l where l.relation = p_relation)
            then format('%s does not hold the child of the reference.', pydb_internal.relation_name(p_relation))
        when not has_table_privilege(v_role, p_relation, 'DELETE')
            then format('%I may not delete from %s.', v_role, pydb_internal.relation_name(p_relation))
        else 'The table is ' || coalesce(
            pydb_internal.relation_problem(p_relation), pydb_internal.orphan_foreign_problem(p_relation)
        ) || '.'
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD005', message = format('run %s quarantines nothing', p_run_id),
            detail = v_problem, hint = 'call pydb.orphan_repair(reference, ''quarantine'');';
    end if;
    insert into pydb.orphan_quarantine (run_id, reference, target, target_name, relation, content, types, reason)
    select
        p_run_id, v_edge.reference, v_edge.child, pydb_internal.relation_name(v_edge.child),
        pydb_internal.relation_name(p_relation), u.content, t.types, format(
            'no row of %s has this (%s)', pydb_internal.relation_name(v_edge.parent),
            array_to_string(v_edge.parent_columns, ', ')
        )
    from unnest(p_rows) as u (content)
    cross join (
        select jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) as types
        from pg_attribute as a
        where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
    ) as t;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

comment on function pydb_internal.orphan_quarantine_store(bigint, oid, jsonb[]) is
'Puts rows (column → value as text) into the quarantine and returns how many; YD005 unless a live repair of this process
takes them from the child of its reference, and the role may delete there.';

revoke all on function pydb_internal.orphan_quarantine_store(bigint, oid, jsonb[]) from public;
