-- pydb.audit_verify: hold the audit log against its seals: what was changed, removed, put in, or sealed anew.
-- reads pydb.audit_log, pydb.audit_seal, pydb.audit_head   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.audit_verify(p_from_block bigint default null, p_heads text[] default null)
returns table (finding text, block bigint, audit_id bigint, detail text)
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
    with seal as (
        select s.*, s as whole, p.block as before, p.hash as before_hash, p.to_id as before_id
        from pydb.audit_seal as s
        left join pydb.audit_seal as p on p.block = s.block - 1
        where s.block >= coalesce(p_from_block, s.block)
    ), told as (
        select s.block, s.from_id, s.to_id, u.id, substr(s.digests, (u.n * 32 - 31)::integer, 32) as digest
        from seal as s
        cross join lateral unnest(s.ids) with ordinality as u (id, n)
    )
    select 'edited', t.block, t.id, format('it is not what was sealed: %s %s', a.action, a.subject)
    from told as t
    inner join pydb.audit_log as a on a.id = t.id
    where pydb_internal.audit_digest(a) <> t.digest
    union all
    select 'deleted', t.block, t.id, 'it was sealed, and is gone'
    from told as t
    where not exists (select from pydb.audit_log as a where a.id = t.id)
    union all
    select 'inserted', s.block, a.id, format('it came in after the block was sealed: %s %s', a.action, a.subject)
    from seal as s
    inner join pydb.audit_log as a on a.id between s.from_id and s.to_id
    where not exists (select from told as t where t.block = s.block and t.id = a.id)
    union all
    select 'block_changed', s.block, null, 'number, bounds, ids or digests are not what its hash is of'
    from seal as s
    where s.hash <> pydb_internal.audit_seal_hash(s.whole)
        or s.root <> pydb_internal.audit_seal_root(s.ids, s.digests)
        or s.rows <> cardinality(s.ids) or s.rows * 32 <> octet_length(s.digests)
    union all
    select
        'chain_broken', s.block, null,
        case when s.before is null then 'the block before is gone' else 'it does not go on from the block before' end
    from seal as s
    where s.block > 1
        and (s.previous is distinct from s.before_hash or s.from_id is distinct from s.before_id + 1)
    union all
    select
        case when l.block is null or l.block < h.block then 'tail_cut' else 'head_differs' end, h.block, null,
        format('the chain ends with block %s; the head is %s', coalesce(l.block, 0), h.block)
    from pydb.audit_head as h
    left join lateral (
        select s.block, s.hash, s.to_id from pydb.audit_seal as s order by s.block desc limit 1
    ) as l on true
    where (coalesce(l.block, 0), coalesce(l.hash, '\x')) <> (h.block, h.hash)
    union all
    select 'head_gone', 0, null, 'pydb.audit_head has no row'
    where not exists (select from pydb.audit_head)
    union all
    select
        'head_unknown', split_part(u.head, ':', 1)::bigint, null,
        'the chain had another block of this number: ' || u.head
    from unnest(p_heads) as u (head)
    where u.head ~ '^[0-9]{1,18}:[0-9a-f]{64}$' and not exists (
        select from pydb.audit_seal as s
        where s.block = split_part(u.head, ':', 1)::bigint and encode(s.hash, 'hex') = split_part(u.head, ':', 2)
    )
    order by 2, 3, 1;
$$;

comment on function pydb.audit_verify(bigint, text[]) is
'One row a finding, none if all is as it was sealed: edited, deleted, inserted (with the id), block_changed,
chain_broken, tail_cut, head_differs, head_gone, head_unknown. p_from_block: only from this block on. p_heads: heads
that were kept elsewhere, block:hash, as `pydb audit head` prints them and manifests of archive files hold them; one
that the chain does not know means that it was made anew from there on.';

revoke all on function pydb.audit_verify(bigint, text[]) from public;
