-- pydb_internal.retention_deletable_condition (condition): the condition under which an expired row of a relation can
-- go now, as SQL for alias t.
-- reads the catalog   writes nothing   locks nothing
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_deletable_condition(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_said pydb_internal.retention_said default null
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref record;
    v_blockers text[];
    v_blocker text;
    v_text text;
    v_expired text := '';
begin
    if p_said.expired is null then
        p_said := pydb_internal.retention_said_of(p_policy, p_cutoff);
    end if;
    -- With both bounds in view the planner looks for the ends of the time column in its index, which begins with what
    -- the batches before have deleted, longer for each batch.
    v_text := p_said.walked || p_said.filtered || p_said.ruled;
    if p_policy.on_referenced = 'cascade' -- what references the row goes with it
        or not exists (select 1 from pydb_internal.retention_references(p_relation) as r)
    then
        return v_text;
    end if;
    v_blockers := pydb_internal.retention_blocker_conditions(p_relation, 't');
    foreach v_blocker in array v_blockers loop
        v_text := v_text || ' and not ' || v_blocker;
    end loop;
    -- where all keys of the table to itself cascade, younger rows below go along, but not with one that is kept; where
    -- a key refuses, none does
    if not exists (
        select 1 from pydb_internal.retention_references(p_relation) as r
        where r.itself and (r.on_delete in ('a', 'r') or (r.on_delete = 'n' and r.not_null))
    ) then
        v_expired := ' and ' || pydb_internal.retention_expired_condition(p_policy, p_cutoff, 'c');
        v_text := v_text || coalesce(pydb_internal.retention_below_condition(p_relation, v_blockers), '');
    end if;
    -- a row that others of the same table reference waits for them: leaves first, pass by pass
    for v_ref in
        select r.* from pydb_internal.retention_references(p_relation) as r
        where r.itself and (r.on_delete in ('a', 'r', 'c') or (r.on_delete = 'n' and r.not_null))
    loop
        v_text := v_text || format(
            ' and not exists (select 1 from %s as c where %s and (c.tableoid, c.ctid) <> (t.tableoid, t.ctid)%s)',
            v_ref.source,
            concat_ws(' and ', pydb_internal.key_match(
                'c', v_ref.child_columns, 't', v_ref.parent_columns, v_ref.operators, v_ref.collations
            ), pydb_internal.reference_row_condition(p_relation, 't', v_ref.parent_condition)),
            case v_ref.on_delete
                when 'c' then v_expired else ''
            end
        );
    end loop;
    return v_text;
end
$$;

comment on function pydb_internal.retention_deletable_condition(
    pydb.retention_policy, oid, timestamptz, pydb_internal.retention_said
) is
'retention_expired_condition and, behind it, that nothing which stays references the row: what a batch deletes, where no
hold keeps it: that is for the caller to add, once for all relations (retention_held_since).';

revoke all on function pydb_internal.retention_deletable_condition(
    pydb.retention_policy, oid, timestamptz, pydb_internal.retention_said
) from public;
