-- pydb_internal.retention_due_terms (plan): the rows of one relation that a run would delete for their own age, after
-- all its passes, as SQL text; what holds keep is for the caller to leave out.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_due_terms(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_said pydb_internal.retention_said default null,
    out kept text,
    out condition text,
    out is_kept boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_blockers text[];
begin
    kept := '';
    -- many rows are looked at: whoever asks joins the mapping, see retention_rule_source
    if p_said.expired is null then
        p_said := pydb_internal.retention_said_of(p_policy, p_cutoff);
    end if;
    condition := p_said.expired || p_said.filtered || p_said.ruled_joined;
    is_kept := false;
    if p_policy.on_referenced = 'cascade'
        or not exists (select 1 from pydb_internal.retention_references(p_relation) as r)
    then
        return;
    end if;
    kept := coalesce(pydb_internal.retention_kept_query(p_policy, p_relation, p_cutoff), '');
    v_blockers := pydb_internal.retention_blocker_conditions(p_relation, 't');
    if kept <> '' then
        is_kept := true;
        condition := condition || ' and not exists (
            select 1 from kept where kept.rel = t.tableoid and kept.tid = t.ctid)';
    elsif cardinality(v_blockers) > 0 then
        is_kept := true;
        condition := condition || ' and not ' || array_to_string(v_blockers, ' and not ');
    end if;
end
$$;

comment on function pydb_internal.retention_due_terms(
    pydb.retention_policy, oid, timestamptz, pydb_internal.retention_said
) is
'kept: a WITH clause, or nothing. condition: over alias t of the relation, joined by
retention_rule_source, without that no hold keeps the row. is_kept: references may keep rows.';

revoke all on function pydb_internal.retention_due_terms(
    pydb.retention_policy, oid, timestamptz, pydb_internal.retention_said
) from public;
