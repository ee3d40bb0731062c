-- pydb_internal.hold_missing (travel; for pydb/archive/load.py): which of the holds that came along with rows are not
-- known here: nobody has placed them, and so nobody has released them.
-- reads pydb.hold   writes nothing   locks nothing
-- raises nothing; warns YD706
create or replace function pydb_internal.hold_missing(p_relation oid, p_holds jsonb, p_is_told boolean)
returns table (relation text, name text, kind text, reason text, until timestamptz, place_as text)
language plpgsql
stable
security definer -- it tells of names and digests that its caller has whether there are such holds, and nothing else
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_relation);
    v_now constant timestamptz := clock_timestamp();
    v_hold record;
begin
    for v_hold in
        select w.name, w.kind, w.reason, w.until, format('%s on %s', w.name, v_name) as other
        from jsonb_to_recordset(p_holds) as w (name text, kind text, reason text, until timestamptz, digest text)
        where (w.until is null or w.until > v_now) and not exists (
            -- what was released here was released by somebody who may
            select from pydb.hold as h
            where h.overrides is null and (
                h.name = w.name and pydb_internal.hold_digest(h) = w.digest
                or h.name in (w.name, format('%s on %s', w.name, v_name)) and h.kind = 'table'
                and pydb_internal.hold_top(pydb_internal.hold_relation(h)) = pydb_internal.hold_top(p_relation)
            )
        )
        order by w.name
    loop
        relation := v_name;
        name := v_hold.name;
        kind := v_hold.kind;
        reason := v_hold.reason;
        until := v_hold.until;
        place_as := case
            when exists (select from pydb.hold as h where h.released_at is null and h.name = v_hold.name)
                then v_hold.other else v_hold.name
        end;
        if p_is_told then
            raise warning using errcode = 'YD706',
                message = format('hold %s was in force on %s where its rows come from, and is not known here', name,
                    v_name),
                detail = format('By %s: %s', kind, reason),
                hint = 'pydb archive import FILE --with-holds';
        end if;
        return next;
    end loop;
end
$$;

comment on function pydb_internal.hold_missing(oid, jsonb, boolean) is
'Of holds as hold_travel describes them those that are not known here, neither as they are nor as a hold of the whole
table, and that have not ended; place_as: a name that such a hold of the whole table can have. p_is_told: warns of each
(YD706).';

revoke all on function pydb_internal.hold_missing(oid, jsonb, boolean) from public;
