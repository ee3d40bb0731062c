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
            select t.relid from unnest(p_relations) as u (oid) cross join lateral pg_partition_tree(u.oid) as t
        )
    ),
    candidate as (
        -- of an index that could be an identity: its columns, and whether the table may choose it
        select
            l.oid, i.indexrelid, i.indisprimary, i.indisreplident,
            array(select a.attname from pg_attribute as a where a.attrelid = l.oid and a.attnum = any(i.indkey)
                ) as columns,
            i.indexprs is null and not exists (
                select from pg_attribute as a
                where a.attrelid = l.oid and a.attnum = any(i.indkey) and not a.attnotnull
            ) as is_eligible
        from leaf as l
        inner join pg_index as i on i.indrelid = l.oid
        where i.indislive and i.indisvalid and i.indisunique and i.indimmediate and i.indpred is null
    ),
    identity as (
        select l.oid, l.kind, l.name, k.columns
        from leaf as l
        left join candidate as k
            on k.oid = l.oid and case l.kind when 'd' then k.indisprimary when 'i' then k.indisreplident end
    ),
    line as (
        select l.oid, l.oid as above, 0 as height from leaf as l
        union
        select l.oid, a.relid, a.ord::integer
        from leaf as l
        cross join lateral pg_partition_ancestors(l.oid) with ordinality as a (relid, ord)
    ),
    member as (
        -- whose filter and columns count: those of the topmost that is published, or the leaf's own
        select distinct on (n.oid, p.oid) n.oid, p.oid as pub, p.pubname, p.pubviaroot, n.above, q.oid as entry
        from pg_publication as p
        inner join line as n on true
        inner join pg_class as c on c.oid = n.above
        left join pg_publication_rel as q on q.prpubid = p.oid and q.prrelid = n.above
        where case p_effect when 'delete' then p.pubdelete else p.pubupdate end and (
            p.puballtables or q.oid is not null or exists (
                select from pg_publication_namespace as s where s.pnpubid = p.oid and s.pnnspid = c.relnamespace
            )
        )
        order by n.oid, p.oid, case when p.pubviaroot then n.height else -n.height end desc
    ),
    demand as (
        select
            m.oid, m.pubname, q.prattrs is not null as is_listed,
            -- from 18 on: n = no generated column is published; below, nobody asks
            to_jsonb(p) ->> 'pubgencols' as generated,
            pydb_internal.relation_name(m.above) as published,
            array(
                select distinct a.attname
                from regexp_matches(q.prqual::text, ':varattno (\d+)', 'g') as v (word)
                inner join pg_attribute as a on a.attrelid = m.above and a.attnum = v.word[1]::smallint
            ) as filtered,
            array(
                select a.attname from pg_attribute as a where a.attrelid = m.above and a.attnum = any(q.prattrs)
            ) as listed
        from member as m
        inner join pg_publication as p on p.oid = m.pub
        left join pg_publication_rel as q on q.oid = m.entry and (m.pubviaroot or m.above = m.oid)
    ),
    problem as (
        select
            i.oid, d.pubname, i.name, d.published, d.is_listed,
            case
                when i.kind <> 'f' and i.columns is null
                    then format('%s is published (%I) without a replica identity', i.name, d.pubname)
                when i.kind <> 'f' and not d.filtered <@ i.columns then format(
                    'the row filter of publication %I asks columns of %s that are not in its replica identity',
                    d.pubname, i.name
                )
                when d.is_listed and (i.kind = 'f' or not i.columns <@ d.listed) then format(
                    'publication %I leaves out columns of the replica identity of %s', d.pubname, i.name
                )
                when not d.is_listed and exists (
                    select from pg_attribute as a
                    where a.attrelid = i.oid and a.attnum > 0 and case a.attgenerated
                        when 's' then d.generated <> 's' when 'v' then d.generated is not null and i.kind = 'f'
                    end and (i.kind = 'f' or a.attname = any(i.columns))
                ) then format(
                    'publication %I leaves out generated columns of the replica identity of %s', d.pubname, i.name
                )
            end as warning,
            (
                select case
                    when k.indisprimary then 'default'
                    else format('using index %I', (select c.relname from pg_class as c where c.oid = k.indexrelid))
                end
                from candidate as k
                where k.oid = i.oid and k.is_eligible and d.filtered <@ k.columns
                    and (not d.is_listed or k.columns <@ d.listed)
                order by k.indisprimary desc, cardinality(k.columns), k.indexrelid
                limit 1
            ) as choice
        from identity as i
        inner join demand as d on d.oid = i.oid
    )
    select
        p.oid, p.pubname, p.warning,
        case
            when p.choice is not null or not p.is_listed
                then format('alter table %s replica identity %s;', p.name, coalesce(p.choice, 'full'))
            else format(
                'alter publication %I drop table %s; alter publication %1$I add table %2$s; '
                'alter table %s replica identity full;', p.pubname, p.published, p.name
            )
        end
    from problem as p
    where p.warning is not null
    order by p.name, p.pubname;
end
$$;

comment on function pydb_internal.relation_publications(oid[], text) is
'One row a relation (of p_relations and their partitions) and publication that keeps its rows from being deleted
(p_effect delete) or updated: no replica identity, a row filter outside of it, or a column list without it; with the
statement that cures it. None where nothing is published.';

revoke all on function pydb_internal.relation_publications(oid[], text) from public;
