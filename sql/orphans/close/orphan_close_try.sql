-- pydb_internal.orphan_close_try (close; by orphan_close): one try at one statement of a closing; false if a lock was
-- not to be had.
-- writes the catalog, pydb.reference, pydb.audit_log   locks the child (share row exclusive to add, share update
-- exclusive to validate) and the parent
-- raises YD407 YD408, and what the statement raises
create or replace function pydb_internal.orphan_close_try(
    p_plan pydb_internal.orphan_closing,
    p_statement text,
    p_deadline timestamptz
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_child constant text := pydb_internal.relation_name(p_plan.child);
    v_counts pydb_internal.orphan_counts;
    v_ours text[];
    v_marked constant text := '/* pydb */ ' || p_statement;
begin
    begin
        -- event triggers, and the functions of its types, are code of the application
        v_ours := pydb_internal.application_enter();
        execute v_marked;
        perform pydb_internal.application_leave(v_ours);
    exception
        when lock_not_available or deadlock_detected then
            if clock_timestamp() <= p_deadline then
                return false;
            end if;
            raise exception using errcode = 'YD408',
                message = format('reference %s: no lock on %s', p_plan.reference, v_child),
                detail = format('Not done: %s', p_statement),
                hint = format('With more patience: call pydb.orphan_close(%L, ''10 min'');', p_plan.reference);
        when foreign_key_violation then
            v_counts := pydb_internal.orphan_count_child(pydb_internal.orphan_edge(p_plan.reference), 'true');
            raise exception using errcode = 'YD407',
                message = format(
                    'reference %s cannot be validated: %s without a parent', p_plan.reference,
                    pydb_internal.rows_text(v_counts.orphans)
                ),
                detail = format(
                    'Key %s of %s stays NOT VALID: new rows are checked, these are not.', p_plan.name, v_child
                ),
                hint = format(
                    'call pydb.orphan_repair(%L, p_dry_run => true); then repair, and close again', p_plan.reference
                );
    end;
    if p_statement = p_plan.add_statement then
        -- from here on the key itself is the reference
        perform pydb_internal.orphan_drop_replaced(p_plan.reference, p_plan.child, p_plan.name);
    end if;
    perform pydb_internal.audit_say(
        'orphan_close', p_plan.reference, jsonb_build_object('statement', p_statement), null
    );
    return true;
end
$$;

comment on function pydb_internal.orphan_close_try(pydb_internal.orphan_closing, text, timestamptz) is
'Executes a statement of a plan; after a lock timeout or a deadlock false, or YD408 if the deadline is over. YD407 if
orphans remain.';

revoke all on function pydb_internal.orphan_close_try(pydb_internal.orphan_closing, text, timestamptz) from public;
