-- pydb_internal.archive_sequences (restore; by archive_restore_rows): move the sequences of a table past the values
-- that came back.
-- reads the table, the catalog   writes its sequences   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_sequences(p_source oid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_owned record;
    v_value bigint;
    v_last bigint;
    v_is_behind boolean := false;
begin
    for v_owned in
        select d.objid as sequence, a.attname, s.seqincrement > 0 as grows
        from pg_depend as d
        inner join pg_sequence as s on s.seqrelid = d.objid
        inner join pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        inner join pg_type as t on t.oid = a.atttypid and t.typcategory = 'N'
        where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = p_source
            and d.deptype in ('a', 'i')
    loop
        if not has_sequence_privilege(v_owned.sequence, 'SELECT') then
            v_is_behind := true; -- for all that is known
            continue;
        end if;
        execute format(
            'select (select %s(t.%I) from %s as t), (select s.last_value from %s as s)',
            case when v_owned.grows then 'max' else 'min' end, v_owned.attname,
            pydb_internal.relation_source(p_source), pydb_internal.relation_name(v_owned.sequence)
        ) into v_value, v_last;
        if (v_owned.grows and v_value > v_last) or (not v_owned.grows and v_value < v_last) then
            if has_sequence_privilege(v_owned.sequence, 'UPDATE') then
                perform setval(v_owned.sequence::regclass, v_value);
            else
                v_is_behind := true;
            end if;
        end if;
    end loop;
    return v_is_behind;
end
$$;

comment on function pydb_internal.archive_sequences(oid) is
'Sets each sequence that a column of the table owns to the column''s last value where it is behind it. True: one stays
behind, or may, for want of a privilege.';

revoke all on function pydb_internal.archive_sequences(oid) from public;
