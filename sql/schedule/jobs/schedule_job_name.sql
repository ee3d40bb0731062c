-- pydb_internal.schedule_job_name (jobs): the name under which pg_cron knows a job.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_job_name(p_prefix text, p_subject text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        -- a name in pg_cron is at most 63 bytes; a slash in the database's name would make two names one
        when octet_length(n.name) <= 63 and position('/' in current_database()) = 0 then n.name
        else 'pydb#' || left(encode(sha256(
            convert_to(current_database(), getdatabaseencoding()) || decode('00', 'hex')
            || convert_to(coalesce(p_subject, ''), getdatabaseencoding())
            -- policies, the first to have names, are hashed without it
            || case when p_prefix = 'pydb' then '' else decode('00', 'hex') || convert_to(p_prefix, 'UTF8') end
        ), 'hex'), 48)
    end
    from (select concat_ws('/', p_prefix, current_database(), p_subject) as name) as n
$$;

comment on function pydb_internal.schedule_job_name(text, text) is
'Name of a job: prefix/database, with its subject prefix/database/subject, or pydb#<hash> where that is longer than 63
bytes. p_prefix = pydb.schedule_source.job_prefix; of policies it is pydb.';

revoke all on function pydb_internal.schedule_job_name(text, text) from public;
