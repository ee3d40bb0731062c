-- pydb_internal.draft_add (draft): hand something that is to be stored to the checks of its kind.
-- writes pydb_internal.draft   locks nothing
-- raises YD005 YD007, and what the checks of the kind raise
create or replace function pydb_internal.draft_add(p_kind text, p_content jsonb)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id bigint;
begin
    perform pydb_internal.run_check_read_write();
    if not has_table_privilege('pydb_internal.draft', 'INSERT') then
        -- what is wrong with it, or with his rights on the tables, goes first
        execute format('select pydb_internal.%I($1)', p_kind || '_vet') using p_content;
        raise exception using errcode = 'YD005', message = format('%s may not store anything in pydb', current_user),
            detail = 'What is to be stored is checked first, as whoever wants it, when he inserts it there.',
            hint = format('grant insert, select (id) on pydb_internal.draft to %I; -- as roles.sql does', current_user);
    end if;
    insert into pydb_internal.draft (kind, content) values (p_kind, p_content) returning id into v_id;
    return v_id;
end
$$;

comment on function pydb_internal.draft_add(text, jsonb) is
'Adds a draft, which its trigger checks with the rights of the caller, and returns its id for the store routine.';

revoke all on function pydb_internal.draft_add(text, jsonb) from public;
