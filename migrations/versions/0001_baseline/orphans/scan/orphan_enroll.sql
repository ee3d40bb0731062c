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
    select array_agg(distinct r.reference) into v_all from pydb_internal.orphan_references(v_name) as r;
    if v_name is null then
        delete from pydb.orphan_finding as f where f.reference <> all(coalesce(v_all, '{}'));
    end if;
    -- without touching what is right already: another session may be at it
    insert into pydb.orphan_finding (reference, kind, child, parent, parent_id, on_delete)
    select distinct on (r.reference) r.reference, r.kind, r.child, r.parent, r.parent_id, r.on_delete
    from pydb_internal.orphan_references(v_name) as r
    where not exists (select 1 from pydb.orphan_finding as f where f.reference = r.reference)
    order by r.reference, r.kind
    on conflict on constraint orphan_finding_pkey do nothing;
    update pydb.orphan_finding as f
    set kind = r.kind, child = r.child, parent = r.parent, parent_id = r.parent_id, on_delete = r.on_delete
    from (
        select distinct on (s.reference) s.* from pydb_internal.orphan_references(v_name) as s order by s.reference,
            s.kind
    ) as r
    where r.reference = f.reference and (f.kind, f.child, f.parent, f.parent_id, f.on_delete)
        is distinct from (r.kind, r.child, r.parent, r.parent_id, r.on_delete);
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
