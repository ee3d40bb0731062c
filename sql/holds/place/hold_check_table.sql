-- pydb_internal.hold_check_table (place; by hold_vet): refuse what has no rows to hold, or none that the caller may
-- see.
-- reads the catalog   writes nothing   locks nothing
-- raises YD003 YD004 YD005
create or replace function pydb_internal.hold_check_table(p_relation oid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_class pg_class;
    v_name constant text := pydb_internal.relation_name(p_relation);
    v_problem text;
begin
    select c.* into v_class from pg_class as c where c.oid = p_relation;
    if not found then
        raise exception using errcode = 'YD004', message = 'p_table is not a table',
            detail = format('No relation has the oid %s.', p_relation), hint = 'p_table => ''schema.table''';
    end if;
    v_problem := coalesce(case
        -- a policy can drop its chunks
        when not pydb_internal.relation_is_hypertable(p_relation)
            then pydb_internal.relation_problem(p_relation, true)
    end, case
        when v_class.relnamespace = to_regnamespace('pydb_archive')
            then 'an archive: what is held of its table is held there too'
    end);
    if v_problem is not null then
        raise exception using errcode = 'YD003', message = format('no rows of %s can be held', v_name),
            detail = format('It is %s.', v_problem),
            hint = 'Holds are about ordinary tables, partitioned tables, partitions and hypertables.';
    elsif not has_table_privilege(p_relation, 'SELECT') then
        raise exception using errcode = 'YD005', message = format('%s may not read %s', current_user, v_name),
            detail = 'Who holds rows has to be able to say which.',
            hint = format('grant select on %s to %I;', v_name, current_user);
    end if;
end
$$;

comment on function pydb_internal.hold_check_table(oid) is 'Lets a table pass whose rows can be held.';

revoke all on function pydb_internal.hold_check_table(oid) from public;
