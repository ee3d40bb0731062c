-- pydb_internal.run_is_by_row (application): whether one row alone may have raised an error, so that a run looks for
-- it.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_is_by_row(p_sqlstate text, p_context text)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select (pydb_internal.run_fault(p_sqlstate)).by_row or coalesce(
        -- a cancel and what a trigger raises as one look alike, and a cancel must end the call
        p_sqlstate <> '57014' and w.said <> ''
        -- what our own triggers raise is no matter of a row, unless the table above says so
        and (p_sqlstate not like 'YD%' or regexp_replace(w.said, E'^.*\n', '') !~ '\mpydb(_internal)?\.')
        -- the application says so itself, with whatever code; or its code breaks, perhaps for this row alone
        and (pydb_internal.application_raised(p_context) or p_sqlstate like '42%' or p_sqlstate = 'XX000'),
        false
    )
    from (select rtrim(pydb_internal.application_where(p_context), E'\n') as said) as w;
$$;

comment on function pydb_internal.run_is_by_row(text, text) is
'True where pydb_internal.run_fault says so of the SQLSTATE, and, whatever that is, where code of the application
raised it (p_context: PG_EXCEPTION_CONTEXT): a run finds the row, leaves it, and goes on with the others.';

revoke all on function pydb_internal.run_is_by_row(text, text) from public;
