-- pydb_internal.application_path_problem (application): why code of the application should not run under a search_path
-- as a role.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_path_problem(
    p_path name[],
    p_relation oid,
    p_role oid,
    out code text,
    out problem text,
    out cure text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with named as (
        select u.name, u.ord, n.oid, n.nspowner, n.nspacl
        from unnest(p_path) with ordinality as u (name, ord)
        left join pg_namespace as n on n.nspname = u.name
    ),

    own as (
        select c.relnamespace, c.relowner from pg_class as c where c.oid = p_relation
    ),

    -- who may put something where the running role looks for names, and could not become it. The owner of the table
    -- has its triggers run as it anyway, and whoever owns the database decides about the path of all
    stranger as (
        select
            n.ord, min(case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as role,
            bool_or(a.grantee = n.nspowner) as is_owner
        from named as n
        cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as a
        where a.privilege_type = 'CREATE' and n.oid not in (select o.relnamespace from own as o)
            and a.grantee not in (select o.relowner from own as o)
            and a.grantee not in (select d.datdba from pg_database as d where d.datname = current_database())
            and a.grantee <> 'pg_database_owner'::regrole
            and (a.grantee = 0 or not pg_has_role(a.grantee, p_role, 'MEMBER'))
        group by n.ord
    ),

    found as (
        select 0::bigint as ord, 'path' as code, 'It names no schema.' as problem, null::text as cure
        where coalesce(array_ndims(p_path), 0) <> 1
        union all
        select
            n.ord, 'path', case
                when n.name is null then 'A name in it is null.'
                when n.name = '$user' then '"$user" is another schema for each role.'
                when n.name ~ '^pg_(temp|toast)' then format('%I is a temporary schema: it is searched anyway.', n.name)
                else format('There is no schema %I.', n.name)
            end, null
        from named as n
        where n.name is null or n.name = '$user' or n.name ~ '^pg_(temp|toast)' or n.oid is null
        union all
        select
            n.ord, 'privilege', format('%I may not use schema %I.', pg_get_userbyid(p_role), n.name),
            format('grant usage on schema %I to %I;', n.name, pg_get_userbyid(p_role))
        from named as n
        where not has_schema_privilege(p_role, n.oid, 'USAGE')
        union all
        select
            n.ord, 'path', format(
                '%s may create in schema %I, and could not become %I, who would run what is there.', s.role, n.name,
                pg_get_userbyid(p_role)
            ),
            case when s.is_owner then format('alter schema %I owner to %I;', n.name, pg_get_userbyid(p_role))
                else format('revoke create on schema %I from %s;', n.name, s.role) end
        from stranger as s
        inner join named as n on n.ord = s.ord
    )

    select f.code, f.problem, coalesce(
        f.cure, 'p_search_path has the names of schemas that are there, in the order in which they are searched.'
    )
    from found as f
    order by f.ord, f.code
    limit 1;
$$;

comment on function pydb_internal.application_path_problem(name[], oid, oid) is
'Why a role cannot have the application''s code run under these schemas, or should not: code (path, privilege), problem
as a sentence, cure; null = it can. p_relation: the table that it deletes from; its own schema passes, whoever
may create there.';

revoke all on function pydb_internal.application_path_problem(name[], oid, oid) from public;
