-- pydb_internal.archive_fit (restore; by archive_restore_rows): a part as far as it fits its table and the bound of
-- the call.
-- reads the catalog, the archive   writes nothing   locks nothing above a select
-- raises YD605
create or replace function pydb_internal.archive_fit(
    p_part pydb_internal.archive_part,
    p_left bigint,
    p_is_divisible boolean,
    p_on_conflict text
)
returns pydb_internal.archive_part
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_obstacle constant record := pydb_internal.archive_obstacle(p_part);
    v_is_bound constant boolean := coalesce(cardinality((p_part).tids), (p_part).rows) > p_left;
begin
    if v_obstacle.code is not null then
        if p_on_conflict = 'stop' then
            raise exception using errcode = 'YD605',
                message = format('rows of %s cannot go back: %s', (p_part).source_name, v_obstacle.what),
                detail = 'Nothing was put back.', hint = format(
                    'Bring it back as it was; or leave these rows in %s: select * from pydb.archive_restore(%s, '
                    'p_on_conflict => ''skip'');', pydb_internal.relation_name((p_part).archive), (p_part).run_id
                );
        end if;
        return pydb_internal.archive_keep_all(p_part, v_obstacle.code, v_obstacle.what);
    end if;
    if exists (
        select from pg_trigger as g
        where not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & 4 = 4 and g.tgrelid in (
            select (p_part).source union select t.relid::oid from pg_partition_tree((p_part).source::regclass) as t
        )
    ) then
        p_part.codes := (p_part).codes || 'trigger'::text;
    end if;
    if v_is_bound and (p_is_divisible or p_left <= 0) then
        execute format(
            'select coalesce(array_agg(f.ctid), ''{}'') from (select a.ctid from %s as a where %s limit %s) as f',
            pydb_internal.relation_name((p_part).archive), pydb_internal.archive_condition(p_part, 1),
            greatest(p_left, 0)
        ) into p_part.tids using array[p_part];
        p_part.codes := (p_part).codes || 'later'::text;
    end if;
    return p_part;
end
$$;

comment on function pydb_internal.archive_fit(pydb_internal.archive_part, bigint, boolean, text) is
'The part, with all rows kept where its table is not what it was (stop: YD605), and of no more rows than p_left where
they may go back in pieces.';

revoke all on function pydb_internal.archive_fit(pydb_internal.archive_part, bigint, boolean, text) from public;
