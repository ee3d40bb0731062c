-- pydb_internal.retention_rule_problem (rules): why the rules of a policy cannot be asked by a role.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_rule_problem(
    p_policy pydb.retention_policy,
    p_role oid,
    out problem text,
    out hint text,
    out code text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    code := 'YD121';
    if p_policy.keep_column is not null
        and pydb_internal.retention_keep_text(p_policy.target, p_policy.keep_column, 't') is null
    then
        problem := format('column %s of %s is neither an interval nor a whole number of days',
            quote_ident(p_policy.keep_column), p_policy.target_name);
        hint := format('psql: \d %s', p_policy.target_name);
    elsif p_policy.keep_table is not null then
        select m.problem, m.hint into problem, hint
        from pydb_internal.retention_mapping_problem(p_policy, p_role) as m;
    end if;
    if problem is null and p_policy.keep_last is not null then
        code := 'YD122';
        select
            format(case
                when a.attnum is null then '%s has no column %I'
                else 'column %2$I of %1$s is of a type that is not PostgreSQL''s own'
            end, p_policy.target_name, u.name), format('psql: \d %s', p_policy.target_name)
        into problem, hint
        from unnest(p_policy.keep_last_by || pydb_internal.retention_last_key(p_policy.target)) as u (name)
        left join pg_attribute as a on a.attrelid = p_policy.target and a.attname = u.name and a.attnum > 0
            and not a.attisdropped
        where a.attnum is null or not coalesce((
            select t.typnamespace = 'pg_catalog'::regnamespace or t.typtype = 'e'
            from pg_type as t where t.oid = pydb_internal.type_plain(a.atttypid)
        ), false)
        limit 1;
        if problem is null and pydb_internal.retention_last_key(p_policy.target) is null then
            problem := format('%s has no primary key: rows of one time have no order', p_policy.target_name);
            hint := format('alter table %s add primary key (…);', p_policy.target_name);
        elsif problem is null and (pydb_internal.retention_last_groups(p_policy)).nullable > 3 then
            problem := 'more than three columns of p_keep_last_by can be null';
            hint := format('alter table %s alter column … set not null;', p_policy.target_name);
        elsif problem is null and pydb_internal.retention_last_index(p_policy) is null then
            problem := format('no index of %s finds the last rows of a group', p_policy.target_name);
            hint := format('create index concurrently on %s (%s);', p_policy.target_name, (
                select string_agg(quote_ident(u.name), ', ' order by u.ord)
                from unnest(p_policy.keep_last_by || p_policy.time_column) with ordinality as u (name, ord)
            ));
        -- asked before each batch: most tables reference nothing, and what reaches them all is a look at all partitions
        elsif problem is null and (
            exists (select from pg_constraint as k where k.conrelid = p_policy.target and k.contype = 'f')
            or exists (select from pydb.reference as r where r.child = p_policy.target)
        ) and exists (
            select from pydb_internal.reference_edges_among((pydb_internal.retention_reach(p_policy)).tables) as e
            where e.child = p_policy.target and (e.on_delete = 'c' or p_policy.on_referenced = 'cascade')
        ) then
            problem := format('rows of %s go along with other rows of it, the last ones of a group too',
                p_policy.target_name);
            hint := 'Keep the last ones of a group in a table whose rows go one by one.';
        end if;
    end if;
end
$$;

comment on function pydb_internal.retention_rule_problem(pydb.retention_policy, oid) is
'problem: of the column, of the mapping table, or of the order of the last rows; null = they can be asked. hint: what to
type. code: which rule it is, as an error of its definition.';

revoke all on function pydb_internal.retention_rule_problem(pydb.retention_policy, oid) from public;
