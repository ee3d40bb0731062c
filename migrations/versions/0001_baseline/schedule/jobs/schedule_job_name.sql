-- pydb_internal.schedule_job_name (jobs): the name under which pg_cron knows the job of a policy.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_job_name(p_policy text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    select case
        -- a name in pg_cron is at most 63 bytes; a slash in the database's name would make two names one
        when octet_length(n.name) <= 63 and position('/' in current_database()) = 0 then n.name
        else 'pydb#' || left(encode(sha256(
            convert_to(current_database(), getdatabaseencoding()) || decode('00', 'hex')
            || convert_to(coalesce(p_policy, ''), getdatabaseencoding())
        ), 'hex'), 48)
    end
    from (
        select case
            when p_policy is null then 'pydb.schedule_prune/' || current_database()
            else 'pydb/' || current_database() || '/' || p_policy
        end as name
    ) as n
$function$;

comment on function pydb_internal.schedule_job_name(text) is
'Name of a policy''s job: pydb/<database>/<policy>, or pydb#<hash> where that is longer than 63 bytes. '
'Null = the housekeeping job, pydb.schedule_prune/<database>.';

revoke all on function pydb_internal.schedule_job_name(text) from public;
