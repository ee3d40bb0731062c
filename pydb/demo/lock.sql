-- Lock one expired trade, as a clerk's open dialogue would. One without a decision: other policies are not held up.
select t.id
from trading.trade_events as t
where t.decision_id is null and t.executed_at < %(now)s::timestamptz - interval '9000 hours'
order by t.id
limit 1
for update;
