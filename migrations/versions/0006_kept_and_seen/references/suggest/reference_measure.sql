-- pydb_internal.reference_measure (suggest): how many keys of a column have a parent: counted, or
-- sampled where the table is large.
-- reads the two tables   writes nothing   locks them as a SELECT does
-- raises nothing
create or replace function pydb_internal.reference_measure(
    p_child oid, p_child_column name, p_parent oid, p_parent_column name, p_rows integer default 100000,
    p_condition text default null,
    out keys bigint, out matched bigint, out note text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    c_exact constant integer := p_rows;
    v_child text := pydb_internal.relation_name(p_child);
    v_parent text := pydb_internal.relation_name(p_parent);
    v_sample text := '';
    v_seen bigint;
    v_total float8;
    v_equality record;
begin
    select string_agg(format('not measured: no SELECT on %s', pydb_internal.relation_name(c.oid)), '; ') into note
    from pg_class as c
    where c.oid in (p_child, p_parent)
        and not (has_schema_privilege(c.relnamespace, 'USAGE') and has_table_privilege(c.oid, 'SELECT'));
    if note is null and (row_security_active(p_child) or row_security_active(p_parent)) then
        note := 'not measured: row-level security hides rows';
    end if;
    if note is not null then
        return;
    end if;
    perform pydb_internal.relation_check_names(
        array[p_child, p_parent], pydb_internal.relation_names(array[p_child, p_parent])
    );
    -- a reference does not reach the tables that inherit from its own
    select case when c.relkind = 'p' then '' else 'only ' end || v_child into v_child
    from pg_class as c where c.oid = p_child;
    select case when c.relkind = 'p' then '' else 'only ' end || v_parent into v_parent
    from pg_class as c where c.oid = p_parent;
    select e.operators[1] as operator, e.collations[1] as collation into v_equality
    from pg_attribute as a
    cross join pg_attribute as p
    cross join lateral pydb_internal.reference_equality(p_child, array[a.attnum], p_parent, array[p.attnum], null) as e
    where a.attrelid = p_child and a.attname = p_child_column and p.attrelid = p_parent and p.attname = p_parent_column;

    execute format('select count(*) from (select from %s limit %s) as few', v_child, c_exact + 1) into v_seen;
    if v_seen > c_exact then
        select sum(case
            when c.reltuples > 0 and c.relpages > 0
                then c.reltuples * (pg_relation_size(c.oid) / 8192.0) / c.relpages
            else pg_relation_size(c.oid) / 8192.0 * 100
        end) into v_total
        from pg_class as c
        where c.relkind = 'r'
            and (c.oid = p_child or c.oid in (select t.relid::oid from pg_partition_tree(p_child) as t where t.isleaf));
        v_sample := format(
            ' tablesample system (%s) repeatable (0)', least(100, 100 * c_exact / greatest(v_total, c_exact))
        );
        note := format('measured on a sample, %s of about %s rows', c_exact, round(v_total));
    end if;
    execute format(
        'with sample as materialized (select t.%1$I as key from %2$s as t%3$s where t.%1$I is not null%8$s)'
        ' select (select count(*) from sample), (select count(*) from sample as s'
        ' where exists (select from %4$s as p where p.%5$I %6$s s.key%7$s))',
        p_child_column, v_child, v_sample, v_parent, p_parent_column, v_equality.operator, v_equality.collation,
        ' and ' || p_condition
    ) into keys, matched;
exception
    when lock_not_available then
        note := 'not measured: locked by another session';
    when sqlstate 'YD113' then
        note := 'not measured: ' || sqlerrm;
    when insufficient_privilege or undefined_table or undefined_column or undefined_function then
        note := 'not measured: ' || sqlerrm;
end
$$;

comment on function pydb_internal.reference_measure(oid, name, oid, name, integer, text) is
'Keys that are not null and how many of them the parent has; exact up to p_rows rows, above that on a sample of about
as many, which the note says. p_condition: only rows of the child that meet it. keys is null where nothing was measured,
and the note says why.';

revoke all on function pydb_internal.reference_measure(oid, name, oid, name, integer, text) from public;
