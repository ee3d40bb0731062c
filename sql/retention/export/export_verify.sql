-- pydb_internal.export_verify (export; by export_open): where fewer rows went than planned, look what is left before
-- the run says that it is complete.
-- reads the target and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.export_verify(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_left bigint
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work constant pydb_internal.retention_work := jsonb_populate_record(
        null::pydb_internal.retention_work, p_run.work
    );
    v_due bigint;
begin
    select sum(s.rows_due)::bigint into v_due
    from pydb_internal.retention_survey(p_policy, v_work.cutoff, false) as s;
    if v_due > 0 then
        p_run.state := 'partial';
        p_run.reason := 'locked';
        p_run.skipped := v_due;
        p_run.error := format(
            '%s stay for the next run; %s were exported and not deleted, because somebody changed or held them',
            pydb_internal.rows_text(v_due), p_left
        );
        p_run.detail := coalesce(p_run.detail, '{}') || jsonb_build_object('exported_and_kept', p_left);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.export_verify(pydb.retention_policy, pydb_internal.run_state, bigint) is
'A completed run as it is, or partial (locked) where rows that are due are left: p_left of its files were not deleted.';

revoke all on function pydb_internal.export_verify(pydb.retention_policy, pydb_internal.run_state, bigint) from public;
