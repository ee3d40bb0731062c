-- How old the newest hour is that is summed up.
select extract(epoch from %(now)s::timestamptz - up_to)::float8 as seconds from lighting.rollup where job = 'hourly';
