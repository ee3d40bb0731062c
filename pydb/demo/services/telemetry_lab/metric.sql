-- What monitoring is told of one reference.
select value from pydb.metric where name = 'lifecycle_orphan_rows' and labels ->> 'edge' = %(edge)s;
