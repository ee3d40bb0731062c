-- pydb_internal.archive_sieve (restore; by archive_try): find the rows of parts that keys would refuse, all at once.
-- reads the tables, the archives   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.archive_sieve(p_parts pydb_internal.archive_part[])
returns pydb_internal.archive_part[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts pydb_internal.archive_part[] := p_parts;
    v_found record;
    v_grew boolean := true;
begin
    -- a row that stays takes those along that reference it, round after round
    while v_grew loop
        v_grew := false;
        for v_number in 1 .. cardinality(v_parts) loop
            for v_found in
                select f.code, array_agg(f.tid) as tids, array_agg(f.what) as what
                from (
                    select distinct on (u.tid) u.tid, u.code, u.what
                    from (
                        select 'key_exists' as code, d.tid, d.what
                        from pydb_internal.archive_doubles(v_parts, v_number) as d
                        union all
                        select 'parent_gone', o.tid, o.what from pydb_internal.archive_orphans(v_parts, v_number) as o
                    ) as u
                    order by u.tid, u.code
                ) as f
                group by f.code
            loop
                v_grew := true;
                v_parts[v_number] := pydb_internal.archive_keep_back(
                    v_parts[v_number], v_found.tids, v_found.code, v_found.what
                );
            end loop;
        end loop;
    end loop;
    return v_parts;
end
$$;

comment on function pydb_internal.archive_sieve(pydb_internal.archive_part[]) is
'The parts without the rows whose key exists again or whose parent is gone.';

revoke all on function pydb_internal.archive_sieve(pydb_internal.archive_part[]) from public;
