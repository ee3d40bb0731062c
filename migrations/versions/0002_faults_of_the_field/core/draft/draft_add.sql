-- pydb_internal.draft_add (draft): hand something that is to be stored to the checks of its kind.
-- writes pydb_internal.draft   locks nothing
-- raises what the checks of the kind raise
create or replace function pydb_internal.draft_add(p_kind text, p_content jsonb)
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into pydb_internal.draft (kind, content) values (p_kind, p_content) returning id;
$$;

comment on function pydb_internal.draft_add(text, jsonb) is
'Adds a draft, which its trigger checks with the rights of the caller, and returns its id for the store routine.';

revoke all on function pydb_internal.draft_add(text, jsonb) from public;
