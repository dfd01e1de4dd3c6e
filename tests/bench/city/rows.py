"""The rows of a city, each table as one statement: made by the database itself, so that ten million take minutes.

Identities look like ours: without order. ``cid('r', 7)`` is always the same resident, so that tables agree without
being read. The sides A and B of the access matrix are the first two counties, with their first teams.
"""

from __future__ import annotations

NOW_MS = 1_795_406_400_000
"""The matrix's clock. [ms]"""
YEARS_MS = 2 * 365 * 86_400_000

FUNCTIONS = """
CREATE FUNCTION cid(kind text, i bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
 AS $$ SELECT kind || '-' || substr(md5(kind || i), 1, 16) $$;
CREATE FUNCTION county(k bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
 AS $$ SELECT CASE k WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE 'c-' || k END $$;
CREATE FUNCTION team(t bigint, per bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
 AS $$ SELECT CASE WHEN t = 0 THEN 'a' WHEN t = per THEN 'b' ELSE 't-' || t END $$;
CREATE FUNCTION dice(seed bigint, salt bigint) RETURNS float IMMUTABLE PARALLEL SAFE LANGUAGE sql
 AS $$ SELECT (abs(hashint8(seed * 31 + salt))::float / 2147483648.0) $$;
CREATE FUNCTION whose(i bigint, n bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
 AS $$ SELECT least(n - 1, (n * power(dice(i, 5), 1.6))::bigint) $$;
"""
"""`whose`: a few residents have most of the alerts, as it is."""

PLACES = (
    "INSERT INTO organisation (id, name, region_code) SELECT county(k), 'county ' || k, '3301' || lpad(k::text, 2, '0')"
    " FROM generate_series(2, :counties - 1) k",
    "INSERT INTO centre (id, name, region_code, phone, time_zone, organisation_id)"
    " SELECT county(k), 'centre ' || k, '3301' || lpad(k::text, 2, '0'), '057100', '', county(k)"
    " FROM generate_series(2, :counties - 1) k",
    "INSERT INTO team (id, name, centre_id, organisation_id)"
    " SELECT team(t, :teams_a_county), 'team ' || t, county(t / :teams_a_county), county(t / :teams_a_county)"
    " FROM generate_series(0, :teams - 1) t WHERE t NOT IN (0, :teams_a_county)",
    "INSERT INTO place (id, centre_id, kind, name, full_name, in_use)"
    " SELECT cid('p', i), county(i % :counties), 'bed', 'bed ' || i, 'house / ' || i, true"
    " FROM generate_series(0, :residents / 20 - 1) i",
    "INSERT INTO product (id, name, vendor, codec, created_at_ms)"
    " SELECT 'prod-' || i, 'product ' || i, 'vendor-' || (i % 12), 'open_json', 1 FROM generate_series(0, 59) i",
    "INSERT INTO rota (id, owner_kind, owner_id, time_zone, covers, workdays, version, look_at_ms)"
    " SELECT 'ro-' || t, 'team', team(t, :teams_a_county), 'Asia/Shanghai', 'shifts', 'cn', 1, :now_ms + 1000000"
    " FROM generate_series(0, :teams - 1) t",
    "INSERT INTO rota_shift"
    " (id, rota_id, name, position, days, start_minute, end_minute, crews, anchor, from_day, until_day)"
    " SELECT 'sh-' || t, 'ro-' || t, 'day', 0, '1234567', 480, 1200, '[[]]', '2026-11-23', '', ''"
    " FROM generate_series(0, :teams - 1) t",
)

PEOPLE = (
    "INSERT INTO resident (id, name, sex, birth_date, address, phone, access_note, flags, centre_id, team_id, active,"
    " created_at_ms, time_zone, tier, external_number, region_code, revision)"
    " SELECT cid('r', i), (ARRAY['王秀英','李桂兰','张建国','刘玉兰','陈志强','杨淑珍'])[1 + i % 6] || i, 'female',"
    " (1935 + i % 30) || '-05-02', '幸福里 ' || i % 500 || ' 号楼 ' || i % 30 || '01',"
    " '138' || lpad(i::text, 8, '0'), 'key at 502', CASE i % 9 WHEN 0 THEN '[\"fall_risk\"]'::json ELSE '[]' END,"
    " county(i % :teams / :teams_a_county), team(i % :teams, :teams_a_county), i % 20 <> 19,"
    " :now_ms - :years_ms + i, '', (ARRAY['','basic','enhanced'])[1 + i % 3], 'E' || i,"
    " '3301' || lpad((i % :teams / :teams_a_county)::text, 2, '0'), 1 FROM generate_series(0, :residents - 1) i",
    "INSERT INTO resident_identity SELECT cid('r', i), decode(md5('d' || i) || md5('e' || i), 'hex'),"
    " decode(md5('s' || i), 'hex'), lpad((i % 10000)::text, 4, '0') FROM generate_series(0, :residents - 1) i",
    "INSERT INTO care_record SELECT cid('r', i), '[\"高血压\"]', '[{\"name\": \"华法林\", \"dose\": \"2.5 mg\"}]', '[]'"
    " FROM generate_series(0, :residents - 1) i WHERE i % 3 <> 0",
    "INSERT INTO consent (id, resident_id, purpose, text_version, given_by, capacity, given_at_ms, recorded_by,"
    " withdrawn_at_ms, withdrawn_by) SELECT cid('g', i), cid('r', i / 2),"
    " CASE i % 2 WHEN 0 THEN 'monitoring' ELSE 'family' END, '1', 'x', 'self', 1, '',"
    " CASE WHEN i % 100 = 51 THEN :now_ms - 1000 END, '' FROM generate_series(0, 2 * :residents - 1) i",
    "INSERT INTO stay (id, resident_id, place_id, bed_id, from_ms) SELECT cid('s', i), cid('r', i), cid('p', i),"
    " cid('p', i), 1 FROM generate_series(0, :residents / 20 - 1) i",
    "INSERT INTO ending (id, resident_id, reason, on_date, note, devices, at_ms, by_user)"
    " SELECT cid('e', i), cid('r', i), 'died', '2026-10-01', '', '[]', :now_ms - i, 'u-admin'"
    " FROM generate_series(0, :residents - 1) i WHERE i % 20 = 19",
    "INSERT INTO \"user\" (id, login, name, role, password_hash, centre_id, team_id, vendor, language, enabled)"
    " SELECT cid('u', i), 'family-' || i, '家属' || i, 'family', '', NULL, NULL, '', 'zh-CN', true"
    " FROM generate_series(0, :residents - 1) i",
    "INSERT INTO \"user\" (id, login, name, role, password_hash, centre_id, team_id, vendor, language, enabled, duty)"
    " SELECT 'u-desk-' || i, 'desk-' || i, '值班' || i, 'desk', '', county(i % :counties), NULL, '', 'zh-CN', true,"
    " 'operator' FROM generate_series(0, :counties * 30 - 1) i",
    "INSERT INTO \"user\" (id, login, name, role, password_hash, centre_id, team_id, vendor, language, enabled, duty)"
    " SELECT 'u-team-' || i, 'team-' || i, '医生' || i, 'team', '', NULL, team(i % :teams, :teams_a_county), '',"
    " 'zh-CN', true, (ARRAY['gp','nurse','carer'])[1 + i % 3] FROM generate_series(0, :teams * 3 - 1) i",
    "INSERT INTO family_link SELECT cid('u', i), cid('r', i), '女儿', 1 FROM generate_series(0, :residents - 1) i",
    "INSERT INTO family_link SELECT cid('u', i), cid('r', (i + 1) % :residents), '儿子', 2"
    " FROM generate_series(0, :residents - 1) i WHERE i % 5 = 0",
    "INSERT INTO contact (id, owner_kind, owner_id, channel, address, secret, min_priority, language, enabled)"
    " SELECT cid('n', i), 'user', cid('u', i), 'call_only', '139' || lpad(i::text, 8, '0'), '', 1, 'zh-CN', true"
    " FROM generate_series(0, :residents - 1) i",
    "INSERT INTO contact (id, owner_kind, owner_id, channel, address, secret, min_priority, language, enabled)"
    " SELECT 'k-team-' || t, 'team', team(t, :teams_a_county), 'webhook', 'https://t' || t || '.example/', 's', 1,"
    " 'zh-CN', true FROM generate_series(0, :teams - 1) t",
    "INSERT INTO contact (id, owner_kind, owner_id, channel, address, secret, min_priority, language, enabled)"
    " SELECT 'k-desk-' || k, 'centre', county(k), 'webhook', 'https://c' || k || '.example/', 's', 0, 'zh-CN', true"
    " FROM generate_series(0, :counties - 1) k",
    "INSERT INTO token (sha256, user_id, purpose, label, csrf, scopes, created_at_ms, expires_at_ms)"
    " SELECT decode(md5('t' || i) || md5('o' || i), 'hex'), cid('u', i), 'session', '', 'x', 'read', 1, :now_ms + 86400000"
    " FROM generate_series(0, :residents / 5) i",
)

DEVICES = (
    "INSERT INTO device (id, codec, model, vendor, secret_sha256, product_id, resident_id, parent_id, child_name,"
    " position, room, alarms, report_period_s, enabled, enrolled_at_ms, version)"
    " SELECT cid('w', i), 'open_json', 'm' || i % 40, CASE i % 20 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE"
    " 'vendor-' || i % 12 END, decode(md5('w' || i), 'hex'), 'prod-' || i % 60, cid('r', i % :residents),"
    " CASE WHEN i >= :residents AND i % 4 = 0 THEN cid('w', i - :residents) END,"
    " CASE WHEN i >= :residents AND i % 4 = 0 THEN 'button' ELSE '' END, '', 'bedroom', '[\"sos\"]', 60, i % 50 <> 49,"
    " :now_ms - :years_ms + i, 100 + i FROM generate_series(0, :devices - 1) i",
    "INSERT INTO counter (name, value) VALUES ('directory', 100 + :devices)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    "INSERT INTO device_binding (id, device_id, resident_id, from_ms, until_ms)"
    " SELECT cid('w', i), cid('w', i), cid('r', i % :residents), :now_ms - :years_ms + i, NULL"
    " FROM generate_series(0, :devices - 1) i",
    "INSERT INTO device_binding (id, device_id, resident_id, from_ms, until_ms)"
    " SELECT cid('wb', i), cid('w', i), cid('r', (i + 7) % :residents), :now_ms - :years_ms, :now_ms - :years_ms + i"
    " FROM generate_series(0, :devices - 1) i WHERE i % 10 = 0",
    "INSERT INTO device_seen (device_id, seen_ms, battery_percent, signal_dbm)"
    " SELECT cid('w', i), CASE WHEN i % 200 = 0 THEN :now_ms - 86400000 ELSE :now_ms - i % 60000 END, i % 100, -70"
    " FROM generate_series(0, :devices - 1) i",
    "INSERT INTO device_claim SELECT substr(md5('c' || i), 1, 12), cid('w', i), 1"
    " FROM generate_series(0, :devices / 4) i",
    "INSERT INTO device_command (id, device_id, name, arguments, created_at_ms, delivered_at_ms, expires_at_ms,"
    " answered_at_ms) SELECT cid('dc', i), cid('w', i % :devices), 'locate', '{}',"
    " :now_ms - :years_ms + i * 50000, CASE WHEN i % 1000 <> 0 THEN :now_ms - :years_ms + i * 50000 END,"
    " :now_ms - :years_ms + i * 50000 + 60000, 1 FROM generate_series(0, :devices / 2 - 1) i",
    "INSERT INTO device_note SELECT cid('w', i), 'foreign', 3, 'x', :now_ms - i"
    " FROM generate_series(0, :devices / 100) i",
    "INSERT INTO resident_rules SELECT cid('r', i), :now_ms - i % 60000,"
    " '{\"fall\": {\"state\": \"watching\", \"device\": \"w\"}, \"heart_rate_high\": {\"state\": \"off\"}}'"
    " FROM generate_series(0, :residents - 1) i",
    "INSERT INTO resident_limit (id, resident_id, name, value, reason, set_by, set_at_ms, version)"
    " SELECT cid('l', i), cid('r', i), 'heart_rate_high.high_bpm', 140, '', 'u-admin', 1, i"
    " FROM generate_series(0, :residents / 4) i",
)

ALERTS = (
    "INSERT INTO alert (id, resident_id, device_id, kind, priority, condition, response, started_at_ms, raised_at_ms,"
    " last_at_ms, repeats, late, evidence, assignee, acknowledged_at_ms, closed_at_ms, outcome, is_open, unlisted,"
    " centre_id, team_id, detector, detector_version, policy_number)"
    " SELECT cid('al', i), cid('r', w), cid('w', w), kind, priority,"
    " CASE WHEN is_open THEN 'present' ELSE 'gone' END,"
    " CASE WHEN NOT is_open THEN 'closed' WHEN i % 3 = 0 THEN 'acknowledged' ELSE 'unacked' END,"
    " at_ms, at_ms, at_ms + 60000, i % 3, false,"
    " '{\"features\": {\"peak_g\": 3.4, \"rest_s\": 21}, \"limits\": {\"peak_g\": 2.0}, \"room\": \"bedroom\"}',"
    " CASE WHEN is_open AND i % 3 <> 0 THEN '' ELSE 'u-desk-' || i % 60 END,"
    " CASE WHEN NOT is_open OR i % 3 = 0 THEN at_ms + 40000 END, CASE WHEN NOT is_open THEN at_ms + 900000 END,"
    " CASE WHEN is_open THEN '' ELSE (ARRAY['true','false','true','test'])[1 + i % 4] END, is_open, 0,"
    " county(w % :teams / :teams_a_county), team(w % :teams, :teams_a_county), 'fall_motion', 1, 0"
    " FROM (SELECT i, CASE WHEN i >= :alerts - :open_alerts THEN (i * 7919) % :residents ELSE"
    " whose(i, :residents) END AS w, i >= :alerts - :open_alerts AS is_open,"
    " (ARRAY['device_silent','heart_rate_high','spo2_low','fall','sos','battery_low','leaving_bed','sensor_fault'])"
    "[1 + i % 8] AS kind, (ARRAY[1,2,2,3,3,0,1,1])[1 + i % 8] AS priority,"
    " :now_ms - (:years_ms / :alerts) * (:alerts - i) AS at_ms FROM generate_series(0, :alerts - 1) i) x",
    "INSERT INTO alert_event (alert_id, at_ms, what, actor, text, data)"
    " SELECT cid('al', i), :now_ms - (:years_ms / :alerts) * (:alerts - i) + s * 30000,"
    " (ARRAY['raised','acknowledged','closed'])[s], CASE s WHEN 1 THEN '' ELSE 'u-desk-' || i % 60 END, '', '{}'"
    " FROM generate_series(0, :alerts - 1) i, generate_series(1, 3) s"
    " WHERE s = 1 OR i < :alerts - :open_alerts",
    "INSERT INTO alert_member (alert_id, device_id, room, rule, kind, priority, since_ms, last_at_ms, recovered_at_ms,"
    " reports) SELECT cid('al', i), cid('w', i % :residents), 'bedroom', '', 'fall', 3, 1, 1,"
    " CASE WHEN i < :alerts - :open_alerts THEN 2 END, 1 FROM generate_series(0, :alerts - 1) i",
    "INSERT INTO escalation (alert_id, what, step, due_at_ms)"
    " SELECT cid('al', i), 'step', 1, :now_ms + i % 300000"
    " FROM generate_series(:alerts - :open_alerts, :alerts - 1) i",
    "INSERT INTO outbox (idempotency_key, contact_id, reason, priority, state, attempts, due_at_ms, lease_until_ms,"
    " created_at_ms, data, subject_kind, subject_id, resident_id)"
    " SELECT 'alert:' || cid('al', i) || ':' || i % 4, CASE i % 4 WHEN 1 THEN 'k-team-' || i % :teams ELSE"
    " 'k-desk-' || i % :counties END, 'raised', 2, (ARRAY['delivered','sent','cancelled','read'])[1 + i % 4], 1,"
    " at_ms, 0, at_ms, '{}', 'alert', cid('al', i), cid('r', whose(i, :residents))"
    " FROM (SELECT i, :now_ms - (:years_ms / :alerts) * (:alerts - i) AS at_ms"
    " FROM generate_series(0, :alerts - 1) i) x",
    "INSERT INTO receipt (outbox_id, at_ms, state, provider_id, detail)"
    " SELECT o.id, o.created_at_ms + s * 1000, (ARRAY['sent','delivered'])[s], CASE s WHEN 1 THEN 'm' || o.id ELSE ''"
    " END, '' FROM outbox o, generate_series(1, 2) s WHERE s = 1 OR o.id % 2 = 0",
)

WORDS = (
    "INSERT INTO care_message (resident_id, user_id, at_ms, text, alert_id, key)"
    " SELECT cid('r', i % :residents), cid('u', i % :residents), :now_ms - :years_ms + i * 50, '你好', '', 'm' || i"
    " FROM generate_series(0, :residents - 1) i",
    "INSERT INTO message_mark SELECT 'u-desk-' || i % 60, cid('r', i), i, 1 FROM generate_series(0, :residents / 10) i",
    "INSERT INTO service_request (id, resident_id, kind, text, state, asked_by, asked_at_ms, due_at_ms, outcome, key)"
    " SELECT cid('q', i), cid('r', i), 'meal', 'x', CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, cid('u', i),"
    " :now_ms - i * 1000, NULL, '', 'q' || i FROM generate_series(0, :residents / 5) i",
    "INSERT INTO family_word (resident_id, user_id, what, at_ms, note, key)"
    " SELECT cid('r', i), cid('u', i), 'here', :now_ms - i * 1000, '', 'f' || i"
    " FROM generate_series(0, :residents / 10) i",
    "INSERT INTO sheet_link (id, sha256, resident_id, alert_id, made_by, made_at_ms, expires_at_ms, opened)"
    " SELECT cid('sl', i), decode(md5('sl' || i), 'hex'), cid('r', i), '', 'u-admin', 1, :now_ms + 1000, 0"
    " FROM generate_series(0, :residents / 20) i",
    "INSERT INTO answer_token SELECT decode(md5('at' || i) || md5('bt' || i), 'hex'), cid('al', i), 'k-desk-0', 1,"
    " :now_ms + 1000, '' FROM generate_series(:alerts - :alerts / 100, :alerts - 1) i",
    "INSERT INTO nobodys_call (device_id, kind, at_ms, told_ms) SELECT 'nobody-' || i, 'sos', :now_ms - i * 1000, 1"
    " FROM generate_series(0, 200) i",
    "INSERT INTO quarantined_device (id, said, door, source, messages, first_ms, last_ms)"
    " SELECT 'qd-' || i, 'qd-' || i, 'mqtt', '10.0.0.' || i % 200, 4, 1, :now_ms - i"
    " FROM generate_series(0, 2000) i",
    "INSERT INTO shadow_episode (name, version, resident_id, device_id, kind, priority, started_at_ms, last_at_ms,"
    " ended_at_ms, repeats, whole, evidence) SELECT 'fall_motion', 2, cid('r', i), '', 'fall', 3, :now_ms - i * 1000,"
    " 1, 1, 0, false, '{}' FROM generate_series(0, :residents / 10) i",
    "INSERT INTO watched_time SELECT 'alerts-' || t % 48, '2026-1' || m, county(t / :teams_a_county),"
    " team(t, :teams_a_county), 'm' || d, '', '{}' FROM generate_series(0, :teams - 1) t, generate_series(0, 1) m,"
    " generate_series(0, 9) d",
)

AUDIT = (
    "INSERT INTO audit (at_ms, user_id, action, resident_id, object_id, address, detail)"
    " SELECT :now_ms - (:years_ms / :audit) * (:audit - i),"
    " CASE WHEN i % 3 = 0 THEN 'u-desk-' || i % 600 WHEN i % 3 = 1 THEN 'u-team-' || i % 2400 ELSE"
    " cid('u', i % :residents) END,"
    " (ARRAY['alert.watch','resident.read','alert.list','alert.read','observation.read','alert.watch','login',"
    "'resident.change'])[1 + i % 8], CASE WHEN i % 8 IN (1, 3, 4) THEN cid('r', whose(i, :residents)) ELSE '' END,"
    " '', '10.1.2.3', '{}' FROM generate_series(CAST(:from_i AS bigint), CAST(:until_i AS bigint) - 1) i"
)
