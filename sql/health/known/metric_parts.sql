-- pydb_internal.metric_parts (known): orphans that pydb.orphan_check met since the last whole scan, by reference.
-- reads pydb.orphan_part, pydb.orphan_finding   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_parts()
returns table (reference text, orphans bigint, checked_at timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with newest as (
        select distinct on (p.reference, p.part) p.reference, p.part, p.orphans, p.checked_at
        from pydb.orphan_part as p
        left join pydb.orphan_finding as f on f.reference = p.reference
        where f.scanned_at is null or p.checked_at > f.scanned_at
        order by p.reference, p.part, p.checked_at desc
    )
    select
        n.reference, greatest(
            -- a check of all rows has seen those of the parts before it
            max(w.orphans), sum(n.orphans) filter (
                where n.part <> '' and (w.checked_at is null or n.checked_at > w.checked_at)
            )
        )::bigint, max(n.checked_at)
    from newest as n
    left join newest as w on w.reference = n.reference and w.part = ''
    group by n.reference;
$$;

comment on function pydb_internal.metric_parts() is
'The newest word of each part of a reference, added up; what a scan of the whole has seen since is left out.';

revoke all on function pydb_internal.metric_parts() from public;
