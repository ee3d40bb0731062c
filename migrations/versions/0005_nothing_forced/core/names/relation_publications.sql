-- pydb_internal.relation_publications (names): the publications because of which the server refuses to delete or to
-- update rows of tables: their replica identity does not serve them.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_publications(p_relations oid[], p_effect text)
returns table (relation oid, publication name, warning text, cure text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select from pg_publication as p where case p_effect when 'delete' then p.pubdelete else p.pubupdate end
    ) then
        return; -- asked before every delete, and most publish nothing
    end if;
    -- as the server asks before the first row (CheckCmdReplicaIdentity)
    return query
    with leaf as (
        select c.oid, c.relreplident as kind, pydb_internal.relation_name(c.oid) as name
        from pg_class as c
        where c.relkind = 'r' and c.relpersistence = 'p' and c.oid in (
            select u.oid from unnest(p_relations) as u (oid)
            union
            select t.relid from unnest(p_relations) as u (oid) cross join pydb_internal.relation_tree(u.oid) as t
        )
    ),
    identity as (
        select l.oid, l.kind, l.name, k.columns
        from leaf as l
        left join lateral pydb_internal.relation_identities(l.oid) as k
            on case l.kind when 'd' then k.is_primary when 'i' then k.is_chosen end
    ),
    problem as (
        select
            i.oid, d.publication, i.name, d.published, d.is_listed,
            case
                when i.kind <> 'f' and i.columns is null
                    then format('%s is published (%I) without a replica identity', i.name, d.publication)
                when i.kind <> 'f' and not d.filtered <@ i.columns then format(
                    'the row filter of publication %I asks columns of %s that are not in its replica identity',
                    d.publication, i.name
                )
                when d.is_listed and (i.kind = 'f' or not i.columns <@ d.listed) then format(
                    'publication %I leaves out columns of the replica identity of %s', d.publication, i.name
                )
                when not d.is_listed and exists (
                    select from pg_attribute as a
                    where a.attrelid = i.oid and a.attnum > 0 and case a.attgenerated
                        when 's' then d.generated <> 's' when 'v' then d.generated is not null and i.kind = 'f'
                    end and (i.kind = 'f' or a.attname = any(i.columns))
                ) then format(
                    'publication %I leaves out generated columns of the replica identity of %s', d.publication, i.name
                )
            end as warning,
            exists (
                select from pg_attribute as a
                where a.attrelid = i.oid and a.attnum > 0 and a.attgenerated = 's' and d.generated <> 's'
            ) and not d.is_listed as is_stored_out,
            (
                select case
                    when k.is_primary then 'default' else format('using index %I', k.index)
                end
                from pydb_internal.relation_identities(i.oid) as k
                where k.is_eligible and d.filtered <@ k.columns
                    and (not d.is_listed or k.columns <@ d.listed)
                    and not exists (
                        select from pg_attribute as a
                        where a.attrelid = i.oid and a.attname = any(k.columns) and a.attgenerated = 's'
                            and d.generated <> 's' and not d.is_listed
                    )
                order by k.is_primary desc, cardinality(k.columns), k.index
                limit 1
            ) as choice
        from identity as i
        cross join lateral pydb_internal.relation_published(i.oid, p_effect) as d
    )
    select
        p.oid, p.publication, p.warning,
        case
            when p.choice is null and p.is_stored_out
                then format('alter publication %I set (publish_generated_columns = stored);', p.publication)
            when p.choice is not null or not p.is_listed
                then format('alter table %s replica identity %s;', p.name, coalesce(p.choice, 'full'))
            else format(
                'alter publication %I drop table %s; alter publication %1$I add table %2$s; '
                'alter table %s replica identity full;', p.publication, p.published, p.name
            )
        end
    from problem as p
    where p.warning is not null
    order by p.name, p.publication;
end
$$;

comment on function pydb_internal.relation_publications(oid[], text) is
'One row a relation (of p_relations and their partitions) and publication that keeps its rows from being deleted
(p_effect delete) or updated: no replica identity, a row filter outside of it, or a column list without it; with the
statement that cures it. None where nothing is published.';

revoke all on function pydb_internal.relation_publications(oid[], text) from public;
