-- Minutes a session that was planned; who plans none has no such number.
select a.id, coalesce(sum(s.minutes), 0) / a.weekly_sessions as minutes
from coaching.athlete as a left join coaching.session as s on s.athlete_id = a.id
where a.id = %(athlete)s::integer
group by a.id;
