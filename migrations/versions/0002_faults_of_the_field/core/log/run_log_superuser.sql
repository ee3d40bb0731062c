-- pydb_internal.run_log_superuser (log): say at the start of a run, and note with it, that it runs other people's
-- triggers as a superuser.
-- reads the catalog   writes pydb.job_run   locks the run's row
-- raises nothing
create or replace function pydb_internal.run_log_superuser(p_run_id bigint, p_relations oid[], p_takes_all boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_text constant text := pydb_internal.superuser_text(p_relations, p_takes_all);
begin
    if v_text is not null and p_run_id is not null then
        perform pydb_internal.run_log_batch(p_run_id, 0, 0, jsonb_build_object('superuser', v_text));
        raise warning '%', v_text;
    end if;
end
$$;

comment on function pydb_internal.run_log_superuser(bigint, oid[], boolean) is
'A warning, and the field superuser of the run''s detail, where superuser_text has something to say.';

revoke all on function pydb_internal.run_log_superuser(bigint, oid[], boolean) from public;
