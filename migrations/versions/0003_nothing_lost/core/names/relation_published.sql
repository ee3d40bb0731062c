-- pydb_internal.relation_published (names): the publications that a table is in, itself, by its schema or above
-- it, and what each asks of a row that is deleted or updated.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_published(p_relation oid, p_effect text)
returns table (
    publication name,
    published text,
    is_listed boolean,
    generated text,
    filtered name[],
    listed name[]
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with line as (
        select p_relation as above, 0 as height
        union
        select a.relid, a.ord::integer
        from pg_partition_ancestors(p_relation) with ordinality as a (relid, ord)
    ),
    member as (
        -- whose filter and columns count: those of the topmost that is published, or the table's own
        select distinct on (p.oid) p as pub, n.above, q.oid as entry
        from pg_publication as p
        cross join line as n
        inner join pg_class as c on c.oid = n.above
        left join pg_publication_rel as q on q.prpubid = p.oid and q.prrelid = n.above
        where case p_effect when 'delete' then p.pubdelete else p.pubupdate end and (
            p.puballtables or q.oid is not null or exists (
                select from pg_publication_namespace as s where s.pnpubid = p.oid and s.pnnspid = c.relnamespace
            )
        )
        order by p.oid, case when p.pubviaroot then n.height else -n.height end desc
    )
    select
        (m.pub).pubname, pydb_internal.relation_name(m.above), q.prattrs is not null,
        -- from 18 on: n = no generated column is published; below, nobody asks
        to_jsonb(m.pub) ->> 'pubgencols',
        array(
            select distinct a.attname
            from regexp_matches(q.prqual::text, ':varattno (\d+)', 'g') as v (word)
            inner join pg_attribute as a on a.attrelid = m.above and a.attnum = v.word[1]::smallint
        ),
        array(select a.attname from pg_attribute as a where a.attrelid = m.above and a.attnum = any(q.prattrs))
    from member as m
    left join pg_publication_rel as q on q.oid = m.entry and ((m.pub).pubviaroot or m.above = p_relation);
$$;

comment on function pydb_internal.relation_published(oid, text) is
'One row a publication that publishes deletes (p_effect delete) or updates of a table: as which relation, the columns of
its row filter, and its column list, where it has one.';

revoke all on function pydb_internal.relation_published(oid, text) from public;
