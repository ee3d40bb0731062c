-- pydb_internal.cron_version_at_least (cron): compare the version of pg_cron by number ("1.4-1" and "1.10" are read
-- rightly).
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_version_at_least(p_version text, p_major integer, p_minor integer)
returns boolean
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    -- a null inside the array would compare as greater than any number
    select coalesce(
        p_version ~ '^[0-9]' and array[
            substring(p_version from '^([0-9]+)')::integer,
            coalesce(substring(p_version from '^[0-9]+[.]([0-9]+)')::integer, 0)
        ] >= array[p_major, p_minor],
        false
    )
$$;

comment on function pydb_internal.cron_version_at_least(text, integer, integer) is
'True if the version p_version of pg_cron is p_major.p_minor or newer; false if it is null or cannot be read.';

revoke all on function pydb_internal.cron_version_at_least(text, integer, integer) from public;
