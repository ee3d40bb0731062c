-- pydb_internal.orphan_close_try (close; by orphan_close): one try at one step of a closing; false if a lock was not to
-- be had.
-- writes the catalog, pydb.reference, pydb.audit_log   locks the child (share row exclusive to add, share update
-- exclusive to validate) and the parent
-- raises YD407, and what the statement raises
create or replace function pydb_internal.orphan_close_try(p_plan jsonb, p_step text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    begin
        execute p_plan ->> p_step;
    exception
        when lock_not_available or deadlock_detected then
            return false;
        when foreign_key_violation then
            v_count := pydb_internal.orphan_count(p_plan ->> 'reference');
            raise exception using errcode = 'YD407',
                message = format(
                    'reference %s cannot be validated: %s without a parent', p_plan ->> 'reference',
                    pydb_internal.rows_text(v_count)
                ),
                detail = format(
                    'Key %s of %s stays NOT VALID: new rows are checked, these are not.', p_plan ->> 'name',
                    p_plan ->> 'child'
                ),
                hint = format(
                    'call pydb.orphan_repair(%L, p_dry_run => true); then repair, and close again',
                    p_plan ->> 'reference'
                );
    end;
    if p_step = 'add' then
        -- from here on the key itself is the reference
        perform pydb_internal.orphan_replaced(p_plan ->> 'reference', (p_plan ->> 'child_id')::oid, p_plan ->> 'name');
    end if;
    perform pydb_internal.audit_add(
        'orphan_close', p_plan ->> 'reference', jsonb_build_object('statement', p_plan ->> p_step), null
    );
    return true;
end
$$;

comment on function pydb_internal.orphan_close_try(jsonb, text) is
'Executes the step add or validate of a plan; false after a lock timeout or a deadlock, YD407 if orphans remain.';

revoke all on function pydb_internal.orphan_close_try(jsonb, text) from public;
