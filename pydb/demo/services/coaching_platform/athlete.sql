select a.id, a.name, count(s.id) as sessions, coalesce(sum(s.minutes), 0)::bigint as minutes
from coaching.athlete as a left join coaching.session as s on s.athlete_id = a.id
where a.id = %(athlete)s::integer
group by a.id;
