-- What people say and ask for.
INSERT INTO care_message (resident_id, user_id, at_ms, text, alert_id, key)
SELECT cid('r', i % :residents), cid('u', i % :residents), :now_ms - (:years_ms / :residents) * (:residents - i), '你好', '', 'm' || i
FROM generate_series(0, :residents - 1) i;

INSERT INTO message_mark
SELECT 'u-desk-' || i % 60, cid('r', i), i, 1
FROM generate_series(0, :residents / 10) i;

INSERT INTO service_request (id, resident_id, kind, text, state, asked_by, asked_at_ms, due_at_ms, outcome, key)
SELECT cid('q', i), cid('r', i), 'meal', 'x', CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, cid('u', i), :now_ms - i * 1000, NULL, '', 'q' || i
FROM generate_series(0, :residents / 5) i;

INSERT INTO family_word (resident_id, user_id, what, at_ms, note, key)
SELECT cid('r', i), cid('u', i), 'here', :now_ms - i * 1000, '', 'f' || i
FROM generate_series(0, :residents / 10) i;

INSERT INTO sheet_link (id, sha256, resident_id, alert_id, made_by, made_at_ms, expires_at_ms, opened)
SELECT cid('sl', i), decode(md5('sl' || i), 'hex'), cid('r', i), '', 'u-admin', 1, :now_ms + 1000, 0
FROM generate_series(0, :residents / 20) i;

INSERT INTO answer_token
SELECT decode(md5('at' || i) || md5('bt' || i), 'hex'), cid('al', i), 'k-desk-0', 1, :now_ms + 1000, ''
FROM generate_series(:alerts - :alerts / 100, :alerts - 1) i;

INSERT INTO nobodys_call (device_id, kind, at_ms, told_ms)
SELECT 'nobody-' || i, 'sos', :now_ms - i * 1000, 1
FROM generate_series(0, 200) i;

INSERT INTO quarantined_device (id, said, door, source, messages, first_ms, last_ms)
SELECT 'qd-' || i, 'qd-' || i, 'mqtt', '10.0.0.' || i % 200, 4, 1, :now_ms - i
FROM generate_series(0, 2000) i;

INSERT INTO shadow_episode (name, version, resident_id, device_id, kind, priority, started_at_ms, last_at_ms, ended_at_ms, repeats, whole, evidence)
SELECT 'fall_motion', 2, cid('r', i), '', 'fall', 3, :now_ms - i * 1000, 1, 1, 0, false, '{}'
FROM generate_series(0, :residents / 10) i;

INSERT INTO watched_time
SELECT 'alerts-' || t % 48, '2026-1' || m, county(t / :teams_a_county), team(t, :teams_a_county), 'm' || d, '', '{}'
FROM generate_series(0, :teams - 1) t, generate_series(0, 1) m, generate_series(0, 9) d;
