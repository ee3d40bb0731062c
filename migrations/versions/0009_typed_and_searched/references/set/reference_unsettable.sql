-- pydb_internal.reference_unsettable (set): why the columns of a table cannot be set to null or to their defaults; null
-- if they can.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_unsettable(p_relation oid, p_columns name[], p_action text)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        -- a partition may be stricter than the table above it
        with stored (oid) as (
            select p_relation
            union
            select t.relid::oid from pg_partition_tree(p_relation) as t
        )

        select string_agg(distinct format(
            'column %I of %s is %s', a.attname, pydb_internal.relation_name(a.attrelid),
            case
                when a.attgenerated <> '' then 'generated'
                when p_action = 'set null' then 'not null'
                else 'not null and has no default'
            end
        ), '; ')
        from stored as s
        inner join pg_catalog.pg_attribute as a on a.attrelid = s.oid
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where p_action in ('set null', 'set default') and a.attname = any(p_columns) and a.attnum > 0
            and not a.attisdropped
            and (
                a.attgenerated <> ''
                or (
                    (a.attnotnull or t.typnotnull)
                    and (
                        p_action = 'set null'
                        or not (a.atthasdef or a.attidentity <> '' or t.typdefault is not null)
                    )
                )
            )
    );
end
$$;

comment on function pydb_internal.reference_unsettable(oid, name[], text) is
'What stands against p_action (set null or set default) on the columns, in one sentence: not null, generated, no
default, here or in a partition; null if nothing does, and for every other action.';

revoke all on function pydb_internal.reference_unsettable(oid, name[], text) from public;
