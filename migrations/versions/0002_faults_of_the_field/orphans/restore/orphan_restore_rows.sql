-- pydb_internal.orphan_restore_rows (restore; by orphan_restore): bring quarantined rows back to their table, all of
-- them or none.
-- reads and writes pydb.orphan_quarantine   writes the table   locks what it writes
-- raises YD405, and catches it; what the insert raises beside constraints
create or replace function pydb_internal.orphan_restore_rows(p_target oid, p_ids bigint[], p_dry_run boolean)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
as $$
declare
    v_table constant text := pydb_internal.relation_name(p_target);
    v_all constant name[] := array(
        select a.attname from pg_attribute as a
        where a.attrelid = p_target and a.attnum > 0 and not a.attisdropped order by a.attnum
    );
    v_types jsonb;
    v_names text;
    v_values text;
    v_rows bigint;
    v_lines text[];
    v_statement text;
    v_ours text[];
    v_is_rehearsed boolean := false;
begin
    select q.types into v_types from pydb.orphan_quarantine as q where q.id = p_ids[1];
    -- Columns that came since take their default, generated ones are computed. The text of a row, each value in quotes
    -- with quotes and backslashes doubled, is read by the types themselves.
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
        string_agg(format('(s.content).%I', a.attname), ', ' order by a.attnum)
    into v_names, v_values
    from pg_attribute as a
    where a.attrelid = p_target and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and v_types ? a.attname;
    begin
        v_lines := array(
            select '(' || (
                select string_agg(
                    coalesce('"' || replace(replace(q.content ->> u.name, e'\\', e'\\\\'), '"', '""') || '"', ''), ','
                    order by u.ord
                ) from unnest(v_all) with ordinality as u (name, ord)
            ) || ')'
            from pydb.orphan_quarantine as q where q.id = any(p_ids) order by q.id
        );
        v_statement := format(
            '/* pydb */ insert into %1$s (%2$s) overriding system value
            select %3$s from (
                select u.line::%1$s as content from pg_catalog.unnest($1) with ordinality as u (line, ord)
                order by u.ord offset 0
            ) as s', v_table, v_names, v_values
        );
        v_ours := pydb_internal.application_enter();
        execute v_statement using v_lines;
        get diagnostics v_rows = row_count;
        perform pydb_internal.application_leave(v_ours);
        perform pydb_internal.application_constraints();
        if v_rows <> cardinality(p_ids) then
            raise exception using errcode = 'YD405', message = 'a trigger or a rule of the table kept rows out',
                detail = format('%s of %s rows were taken.', v_rows, cardinality(p_ids)),
                hint = 'Disable it for the restore.';
        elsif p_dry_run then
            v_is_rehearsed := true; -- a variable is not rolled back
            raise exception using errcode = 'YD405', message = 'rehearsed',
                detail = 'This takes the rows out again.', hint = 'It is caught below.';
        end if;
        delete from pydb.orphan_quarantine as q where q.id = any(p_ids);
        return null;
    exception when integrity_constraint_violation or sqlstate 'YD405' then
        return case when not v_is_rehearsed then sqlerrm end;
    end;
end
$$;

comment on function pydb_internal.orphan_restore_rows(oid, bigint[], boolean) is
'Inserts the rows and takes them out of the quarantine; null if it was done (by a dry run: and undone), else why not.';

revoke all on function pydb_internal.orphan_restore_rows(oid, bigint[], boolean) from public;
