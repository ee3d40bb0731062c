-- pydb_internal.schedule_command_policy (jobs): the policy that a command of ours names, or null.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_command_policy(p_command text)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $function$
    select replace(
        case when l.escaped then replace(l.body, E'\\\\', E'\\') else l.body end,
        '''''', ''''
    )
    from (
        select
            p_command ~ '^call pydb[.]retention_run[(] ?E' as escaped,
            substring(p_command from '^call pydb[.]retention_run[(](?: ?E)?''(.*)''[)]$') as body
    ) as l
    where pydb_internal.schedule_is_command(p_command)
$function$;

comment on function pydb_internal.schedule_command_policy(text) is
'Name of the policy in a command as schedule_command writes it; null for the housekeeping job and for any other '
'command.';

revoke all on function pydb_internal.schedule_command_policy(text) from public;
