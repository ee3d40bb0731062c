-- pydb_internal.orphan_check_restore (restore; by orphan_restore): refuse to bring rows back to a table that is gone,
-- or is not what it was.
-- reads the catalog   writes nothing   locks nothing
-- raises YD003 YD404 YD405
create or replace function pydb_internal.orphan_check_restore(p_target oid, p_name text, p_types jsonb)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem constant text := coalesce(
        pydb_internal.relation_problem(p_target), pydb_internal.orphan_foreign_problem(p_target)
    );
    v_changed text;
begin
    if pydb_internal.relation_name(p_target) is null then
        raise exception using errcode = 'YD405', message = format('%s is gone', p_name),
            detail = 'The rows stay in pydb.orphan_quarantine. A new table of the same name is another table.',
            hint = format('select content from pydb.orphan_quarantine where target = %s;', p_target);
    elsif v_problem is not null then
        raise exception using errcode = 'YD003', message = format('nothing is restored to %s', p_name),
            detail = format('It is %s.', v_problem),
            hint = format('See whose they are: select * from pydb.orphan_quarantine where target = %s;', p_target);
    elsif row_security_active(p_target) then
        raise exception using errcode = 'YD404', message = format('row-level security is active on %s', p_name),
            detail = format('It could keep %s from writing or seeing what comes back.', current_user),
            hint = format('alter role %I bypassrls;', current_user);
    end if;
    select string_agg(
        case
            when a.attname is null then format('column %I is gone', t.key)
            else format('column %I was %s and is %s', t.key, t.value, format_type(a.atttypid, a.atttypmod))
        end, ', ' order by t.key
    ) into v_changed
    from jsonb_each_text(p_types) as t (key, value)
    left join pg_attribute as a on a.attrelid = p_target and a.attname = t.key and a.attnum > 0 and not a.attisdropped
    where a.attname is null or format_type(a.atttypid, a.atttypmod) <> t.value;
    if v_changed is not null then
        raise exception using errcode = 'YD405', message = format('%s is no longer what the rows came from', p_name),
            detail = v_changed || '. The rows stay in pydb.orphan_quarantine.',
            hint = 'Bring the columns back as they were, restore, and change them again.';
    end if;
end
$$;

comment on function pydb_internal.orphan_check_restore(oid, text, jsonb) is
'Raises YD003 for a table of the system, of pydb or of an extension; YD405 if the table is gone, or a column that the
rows had is gone or has another type; new columns take their default. YD404 under row-level security.';

revoke all on function pydb_internal.orphan_check_restore(oid, text, jsonb) from public;
