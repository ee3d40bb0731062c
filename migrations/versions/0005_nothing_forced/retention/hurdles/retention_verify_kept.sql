-- pydb_internal.retention_verify_kept (hurdles; by retention_verify): fewer rows went along than planned: whether
-- somebody's code may have kept them, so that they reference nothing now.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_verify_kept(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reach constant record := pydb_internal.retention_reach(p_policy);
    v_keeper text;
begin
    -- BEFORE DELETE for each row may say no, and the key that takes the row along does not hear it; so may a rule
    select min(k.name) into v_keeper
    from unnest(v_reach.tables[2:]) as u (relation)
    cross join lateral (
        select u.relation union select t.relid::oid from pydb_internal.relation_tree(u.relation) as t
    ) as l (oid)
    cross join lateral (
        select format('trigger %I of %s', g.tgname, pydb_internal.relation_name(l.oid))
        from pg_trigger as g
        where g.tgrelid = l.oid and not g.tgisinternal and g.tgenabled in ('O', 'A') and g.tgtype & 11 = 11
        union all
        select format('rule %I of %s', r.rule, pydb_internal.relation_name(l.oid))
        from pydb_internal.relation_rules(array[l.oid], 'delete') as r
    ) as k (name)
    where v_reach.way = 'count';
    if v_keeper is not null then
        p_run.skipped := p_run.due - p_run.done;
        p_run.state := 'partial';
        p_run.reason := 'no_progress';
        p_run.error := format('%s fewer went than planned: %s may have kept what was to go along',
            pydb_internal.rows_text(p_run.skipped), v_keeper);
        p_run.hint := 'select * from pydb.orphan_scan(); -- rows whose parent is gone';
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.retention_verify_kept(pydb.retention_policy, pydb_internal.run_state) is
'A run that took fewer rows along than it had planned: partial (no_progress) where a trigger or a rule of a table below
can have kept them, which leaves orphans; else as it is.';

revoke all on function pydb_internal.retention_verify_kept(pydb.retention_policy, pydb_internal.run_state) from public;
