-- pydb_internal.seal_text (seal): how much of the audit log is sealed, in words.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.seal_text(p_blocks bigint, p_waiting bigint)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select format(
        '%s of the audit log %s sealed, %s', case p_blocks when 1 then '1 block' else p_blocks || ' blocks' end,
        case p_blocks when 1 then 'is' else 'are' end,
        case p_waiting when 1 then '1 entry waits' else p_waiting || ' entries wait' end
    );
$$;

comment on function pydb_internal.seal_text(bigint, bigint) is
'"1 block of the audit log is sealed, 3 entries wait": for health and doctor alike.';

revoke all on function pydb_internal.seal_text(bigint, bigint) from public;
