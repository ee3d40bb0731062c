-- pydb_internal.archive_drift (table): how the columns of a table and those of its archive differ.
-- reads the catalog, pydb.archive_table   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_drift(
    p_source oid,
    out archive oid,
    out added text[],
    out problem text,
    out cure text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_known jsonb;
begin
    added := '{}';
    select c.oid, t.columns into archive, v_known
    from pydb.archive_table as t
    inner join pg_class as c on c.oid = t.archive
    where t.source = p_source;
    if archive is null then
        return;
    end if;
    select
        array_agg(format('add column %I %s', s.name, s.type) order by s.place)
            filter (where k.name is null and r.name is null),
        -- the server never gives a number of a column to another one
        min(case
            when r.name is not null and k.name is null then format('column %I is called %I now', r.name, s.name)
            else format('column %I was %s and is %s', s.name, k.type, s.type)
        end) filter (where k.type <> s.type or r.name is not null and k.name is null),
        min(case
            when r.name is not null and k.name is null then format(
                'alter table %s rename column %I to %I;', pydb_internal.relation_name(archive), r.name, s.name
            )
            else format(
                'alter table %s alter column %I type %s;', pydb_internal.relation_name(archive), s.name, s.type
            )
        end) filter (where k.type <> s.type or r.name is not null and k.name is null)
    into added, problem, cure
    from pydb_internal.archive_columns(p_source) as s
    left join pydb_internal.archive_columns(archive) as k on k.name = s.name
    left join (
        select o.key::name as name, o.value::smallint as place
        from jsonb_each_text(v_known) as o
        inner join pydb_internal.archive_columns(archive) as a on a.name = o.key::name
        where o.key::name not in (select c.name from pydb_internal.archive_columns(p_source) as c)
    ) as r on r.place = s.place;
    added := coalesce(added, '{}');
    if problem is null then
        -- what it had, and the table still has, somebody has renamed or dropped there
        select
            format('column %I of the archive is gone', s.name),
            coalesce(format(
                'alter table %s rename column %I to %I;', pydb_internal.relation_name(archive), min(n.name), s.name
            ), format('alter table %s add column %I %s;', pydb_internal.relation_name(archive), s.name, s.type))
        into problem, cure
        from pydb_internal.archive_columns(p_source) as s
        inner join jsonb_each_text(v_known) as o on o.key::name = s.name and o.value::smallint = s.place
        left join pydb_internal.archive_columns(archive) as n
            on n.type = s.type and not v_known ? n.name::text
            and n.name not in (select c.name from pydb_internal.archive_columns(p_source) as c)
        where s.name not in (select c.name from pydb_internal.archive_columns(archive) as c)
        group by s.name, s.type, s.place
        order by s.place
        limit 1;
    end if;
end
$$;

comment on function pydb_internal.archive_drift(oid) is
'The archive of a table (null: none yet); clauses of ALTER TABLE for columns that were added since; and what keeps it
from following (a column of another type, or of another name, or gone from the archive), with the statement that cures
it. A column that was dropped stays in the archive, where its values are.';

revoke all on function pydb_internal.archive_drift(oid) from public;
