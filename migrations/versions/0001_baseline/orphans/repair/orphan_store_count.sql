-- pydb_internal.orphan_store_count (repair): what a repair has counted is a whole scan, so it is one for the findings
-- too.
-- reads the catalog, pydb.reference   writes pydb.orphan_finding   locks the reference's finding
-- raises YD301
create or replace function pydb_internal.orphan_store_count(
    p_edge pydb_internal.reference_edge,
    p_counts pydb_internal.orphan_counts
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.orphan_enroll(p_edge.reference, false);
    -- unless a scan is at it: that will tell
    perform 1 from pydb.orphan_finding as f where f.reference = p_edge.reference for update skip locked;
    if found then
        perform pydb_internal.orphan_store_result(p_edge, p_counts);
    end if;
end
$$;

comment on function pydb_internal.orphan_store_count(pydb_internal.reference_edge, pydb_internal.orphan_counts) is
'Stores the counts of a whole child as the finding of its reference, unless another session is at that.';

revoke all on function pydb_internal.orphan_store_count(pydb_internal.reference_edge, pydb_internal.orphan_counts)
    from public;
