-- pydb_internal.reference_check_table (set): refuse what cannot be an end of a reference, or what the caller may not
-- read.
-- reads the catalog   writes nothing   locks nothing
-- raises YD003 YD004 YD005
create or replace function pydb_internal.reference_check_table(p_relation regclass, p_argument text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_class pg_class;
    v_name text := pydb_internal.relation_name(p_relation);
    v_problem text;
    v_grants text[];
begin
    select c.* into v_class from pg_class as c where c.oid = p_relation;
    if not found then
        raise exception using errcode = 'YD004', message = format('%s is not a table', p_argument),
            detail = coalesce('No relation has the oid ' || p_relation::oid || '.', p_argument || ' is null.'),
            hint = format('%s => ''schema.table''', p_argument);
    end if;
    v_problem := pydb_internal.relation_problem(p_relation);
    if v_problem is not null then
        raise exception using errcode = 'YD003', message = format('%s cannot be %s', p_argument, v_name),
            detail = format('%s is %s.', v_name, v_problem),
            hint = 'References and entities are about ordinary tables, partitioned tables and partitions.';
    end if;
    select array_agg(g.line order by g.ord) into v_grants
    from (
        values
        (
            1, format('grant usage on schema %s to %I;', v_class.relnamespace::regnamespace, current_user),
            has_schema_privilege(current_user, v_class.relnamespace, 'USAGE')
        ),
        (
            2, format('grant select on %s to %I;', v_name, current_user),
            has_table_privilege(current_user, p_relation, 'SELECT')
            or pg_has_role(current_user, v_class.relowner, 'USAGE')
        )
    ) as g (ord, line, granted)
    where not g.granted;
    if v_grants is not null then
        raise exception using errcode = 'YD005', message = format('%s may not read %s', current_user, v_name),
            detail = format('%s privileges are missing.', cardinality(v_grants)),
            hint = array_to_string(v_grants, ' ');
    end if;
end
$$;

comment on function pydb_internal.reference_check_table(regclass, text) is
'Raises YD003 unless the relation is an ordinary or partitioned table or a partition, YD004 if there is none, and YD005,
with the GRANT statements in the hint, unless the current role owns or may read it.';

revoke all on function pydb_internal.reference_check_table(regclass, text) from public;
