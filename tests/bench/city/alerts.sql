-- Ten alerts a resident over two years, their history and messages.
INSERT INTO alert (id, resident_id, device_id, kind, priority, condition, response, started_at_ms, raised_at_ms, last_at_ms, repeats, late, evidence, assignee, acknowledged_at_ms, closed_at_ms, outcome, is_open, unlisted, centre_id, team_id, detector, detector_version, policy_number)
SELECT cid('al', i), cid('r', w), cid('w', w), kind, priority, CASE WHEN is_open THEN 'present' ELSE 'gone' END, CASE WHEN NOT is_open THEN 'closed' WHEN i % 3 = 0 THEN 'acknowledged' ELSE 'unacked' END, at_ms, at_ms, at_ms + 60000, i % 3, false, '{"features": {"peak_g": 3.4, "rest_s": 21}, "limits": {"peak_g": 2.0}, "room": "bedroom"}', CASE WHEN is_open AND i % 3 <> 0 THEN '' ELSE 'u-desk-' || i % 60 END, CASE WHEN NOT is_open OR i % 3 = 0 THEN at_ms + 40000 END, CASE WHEN NOT is_open THEN at_ms + 900000 END, CASE WHEN is_open THEN '' ELSE (ARRAY['true','false','true','test'])[1 + i % 4] END, is_open, 0, county(w % :teams / :teams_a_county), team(w % :teams, :teams_a_county), 'fall_motion', 1, 0
FROM (SELECT i, CASE WHEN i >= :alerts - :open_alerts THEN (i * 7919) % :residents ELSE whose(i, :residents) END AS w, i >= :alerts - :open_alerts AS is_open, (ARRAY['device_silent','heart_rate_high','spo2_low','fall','sos','battery_low','leaving_bed','sensor_fault'])[1 + i % 8] AS kind, (ARRAY[1,2,2,3,3,0,1,1])[1 + i % 8] AS priority, :now_ms - (:years_ms / :alerts) * (:alerts - i) AS at_ms
FROM generate_series(0, :alerts - 1) i) x;

INSERT INTO alert_event (alert_id, at_ms, what, actor, text, data)
SELECT cid('al', i), :now_ms - (:years_ms / :alerts) * (:alerts - i) + s * 30000, (ARRAY['raised','acknowledged','closed'])[s], CASE s WHEN 1 THEN '' ELSE 'u-desk-' || i % 60 END, '', '{}'
FROM generate_series(0, :alerts - 1) i, generate_series(1, 3) s WHERE s = 1 OR i < :alerts - :open_alerts;

INSERT INTO alert_member (alert_id, device_id, room, rule, kind, priority, since_ms, last_at_ms, recovered_at_ms, reports)
SELECT cid('al', i), cid('w', i % :residents), 'bedroom', '', 'fall', 3, 1, 1, CASE WHEN i < :alerts - :open_alerts THEN 2 END, 1
FROM generate_series(0, :alerts - 1) i;

INSERT INTO escalation (alert_id, what, step, due_at_ms)
SELECT cid('al', i), 'step', 1, :now_ms + i % 300000
FROM generate_series(:alerts - :open_alerts, :alerts - 1) i;

INSERT INTO outbox (idempotency_key, contact_id, reason, priority, state, attempts, due_at_ms, lease_until_ms, created_at_ms, data, subject_kind, subject_id, resident_id)
SELECT 'alert:' || cid('al', i) || ':' || i % 4, CASE i % 4 WHEN 1 THEN 'k-team-' || i % :teams ELSE 'k-desk-' || i % :counties END, 'raised', 2, (ARRAY['delivered','sent','cancelled','read'])[1 + i % 4], 1, at_ms, 0, at_ms, '{}', 'alert', cid('al', i), cid('r', whose(i, :residents))
FROM (SELECT i, :now_ms - (:years_ms / :alerts) * (:alerts - i) AS at_ms
FROM generate_series(0, :alerts - 1) i) x;

INSERT INTO receipt (outbox_id, at_ms, state, provider_id, detail)
SELECT o.id, o.created_at_ms + s * 1000, (ARRAY['sent','delivered'])[s], CASE s WHEN 1 THEN 'm' || o.id ELSE '' END, '' FROM outbox o, generate_series(1, 2) s WHERE s = 1 OR o.id % 2 = 0;
