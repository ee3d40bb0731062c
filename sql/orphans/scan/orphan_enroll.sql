-- pydb_internal.orphan_enroll (scan): give each reference its row among the findings, and take away the rows of those
-- that are gone.
-- reads the catalog, pydb.reference   writes pydb.orphan_finding   locks the rows it writes
-- raises YD301
create or replace function pydb_internal.orphan_enroll(p_reference text, p_restart boolean)
returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := case when p_reference is not null then pydb_internal.orphan_reference_get(p_reference) end;
    v_all text[];
    v_stale text[];
begin
    -- one look at the catalog for all of it
    with wanted as materialized (
        select distinct on (r.reference) r.* from pydb_internal.orphan_references(v_name) as r
        order by r.reference, r.kind
    ),

    gone as (
        delete from pydb.orphan_finding as f
        where v_name is null and f.reference not in (select w.reference from wanted as w)
    ),

    -- without touching what is right already: another session may be at it
    new as (
        insert into pydb.orphan_finding (reference, kind, child, parent, parent_id, on_delete)
        select w.reference, w.kind, w.child, w.parent, w.parent_id, w.on_delete
        from wanted as w
        where not exists (select 1 from pydb.orphan_finding as f where f.reference = w.reference)
        order by w.reference
        on conflict on constraint orphan_finding_pkey do nothing
    ),

    changed as (
        update pydb.orphan_finding as f
        set kind = w.kind, child = w.child, parent = w.parent, parent_id = w.parent_id, on_delete = w.on_delete
        from wanted as w
        where w.reference = f.reference and (f.kind, f.child, f.parent, f.parent_id, f.on_delete)
            is distinct from (w.kind, w.child, w.parent, w.parent_id, w.on_delete)
    )

    select array_agg(w.reference order by w.reference) into v_all from wanted as w;
    if p_restart then
        -- whoever is at one now goes on with it
        v_stale := array(
            select f.reference from pydb.orphan_finding as f
            where f.reference = any(v_all) and f.progress is not null
            for update skip locked
        );
        update pydb.orphan_finding as f set progress = null where f.reference = any(v_stale);
    end if;
    return coalesce(v_all, '{}');
end
$$;

comment on function pydb_internal.orphan_enroll(text, boolean) is
'Names of the references to scan: the named one, or all. p_restart forgets the position of earlier scans.';

revoke all on function pydb_internal.orphan_enroll(text, boolean) from public;
