-- pydb_internal.schedule_command (jobs; by schedule_jobs): what a job runs: exactly one CALL.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_command(p_procedure text, p_subject text)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    -- Anything before or after the CALL would put it into a transaction, and its first COMMIT would fail with 2D000.
    -- The procedure is a plain word, by a constraint; %I would write it in another way under quote_all_identifiers.
    select case
        when p_subject is null then format('call pydb.%s()', p_procedure)
        else format('call pydb.%s(%L)', p_procedure, p_subject)
    end
$$;

comment on function pydb_internal.schedule_command(text, text) is
'Command of a job, one bare CALL; p_subject null = without an argument.';

revoke all on function pydb_internal.schedule_command(text, text) from public;
