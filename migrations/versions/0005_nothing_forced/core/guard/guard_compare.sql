-- pydb_internal.guard_compare (guard): what is different about the tables of a policy or an entity.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.guard_compare(
    p_was pydb_internal.guard_part[],
    p_found pydb_internal.guard_part[]
)
returns table (kind text, object text, change text, was text, found text, holds boolean)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select
        d.kind, d.object, d.change, d.was, d.found,
        case d.kind
            when 'column' then d.change <> 'added'
            when 'key' then d.change <> 'added'
            when 'security' then false
            when 'reference' then d.acts
            when 'trigger' then d.acts
            else true
        end
    from (
        select
            coalesce(w.kind, f.kind) as kind, coalesce(w.object, f.object) as object,
            case when w.kind is null then 'added' when f.kind is null then 'dropped' else 'changed' end as change,
            w.value as was, f.value as found, coalesce(w.acts, false) or coalesce(f.acts, false) as acts
        from unnest(p_was) as w
        full join unnest(p_found) as f on f.kind = w.kind and f.object = w.object
        where w.value is distinct from f.value or w.acts is distinct from f.acts
    ) as d
    order by 6 desc, d.kind, d.object;
$$;

comment on function pydb_internal.guard_compare(pydb_internal.guard_part[], pydb_internal.guard_part[]) is
'One row a part that was added, dropped or changed. holds: it changes what a delete takes (a reference or trigger that
acts, a column or key that is gone or another, a rule, the predicate), and not only what there is.';

revoke all on function pydb_internal.guard_compare(pydb_internal.guard_part[], pydb_internal.guard_part[])
    from public;
