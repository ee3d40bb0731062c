-- pydb_internal.application_detail (application): what may be kept of the detail of an error.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_detail(p_sqlstate text, p_detail text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case
        -- not_null_violation, check_violation, with_check_option_violation: the server quotes the whole row
        when p_sqlstate in ('23502', '23514', '44000') and p_detail not like 'The values of the row%'
            then 'The values of the row are not kept.'
        else p_detail
    end
    where p_detail <> '';
$$;

comment on function pydb_internal.application_detail(text, text) is
'The detail of an error as logs and messages may have it: keys, but no rows; null if there is none.';

revoke all on function pydb_internal.application_detail(text, text) from public;
