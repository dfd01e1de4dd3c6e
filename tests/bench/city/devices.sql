-- Devices: whose, when last heard, what was asked of them.
INSERT INTO device (id, codec, model, vendor, secret_sha256, product_id, resident_id, parent_id, child_name, position, room, alarms, report_period_s, enabled, enrolled_at_ms, version)
SELECT cid('w', i), 'open_json', 'm' || i % 40, CASE i % 20 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE 'vendor-' || i % 12 END, decode(md5('w' || i), 'hex'), 'prod-' || i % 60, cid('r', i % :residents), CASE WHEN i >= :residents AND i % 4 = 0 THEN cid('w', i - :residents) END, CASE WHEN i >= :residents AND i % 4 = 0 THEN 'button' ELSE '' END, '', 'bedroom', '["sos"]', 60, i % 50 <> 49, :now_ms - :years_ms + i, 100 + i
FROM generate_series(0, :devices - 1) i;

INSERT INTO counter (name, value) VALUES ('directory', 100 + :devices) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

INSERT INTO device_binding (id, device_id, resident_id, from_ms, until_ms)
SELECT cid('w', i), cid('w', i), cid('r', i % :residents), :now_ms - :years_ms + i, NULL
FROM generate_series(0, :devices - 1) i;

INSERT INTO device_binding (id, device_id, resident_id, from_ms, until_ms)
SELECT cid('wb', i), cid('w', i), cid('r', (i + 7) % :residents), :now_ms - :years_ms, :now_ms - :years_ms + i
FROM generate_series(0, :devices - 1) i WHERE i % 10 = 0;

INSERT INTO device_seen (device_id, seen_ms, battery_percent, signal_dbm)
SELECT cid('w', i), CASE WHEN i % 200 = 0 THEN :now_ms - 86400000 ELSE :now_ms - i % 60000 END, i % 100, -70
FROM generate_series(0, :devices - 1) i;

INSERT INTO device_claim
SELECT substr(md5('c' || i), 1, 12), cid('w', i), 1
FROM generate_series(0, :devices / 4) i;

INSERT INTO device_command (id, device_id, name, arguments, created_at_ms, delivered_at_ms, expires_at_ms, answered_at_ms)
SELECT cid('dc', i), cid('w', i % :devices), 'locate', '{}', :now_ms - :years_ms + i * 50000, CASE WHEN i % 1000 <> 0 THEN :now_ms - :years_ms + i * 50000 END, :now_ms - :years_ms + i * 50000 + 60000, 1
FROM generate_series(0, :devices / 2 - 1) i;

INSERT INTO device_note
SELECT cid('w', i), 'foreign', 3, 'x', :now_ms - i
FROM generate_series(0, :devices / 100) i;

INSERT INTO resident_rules
SELECT cid('r', i), :now_ms - i % 60000, '{"fall": {"state": "watching", "device": "w"}, "heart_rate_high": {"state": "off"}}'
FROM generate_series(0, :residents - 1) i;

INSERT INTO resident_limit (id, resident_id, name, value, reason, set_by, set_at_ms, version)
SELECT cid('l', i), cid('r', i), 'heart_rate_high.high_bpm', 140, '', 'u-admin', 1, i
FROM generate_series(0, :residents / 4) i;
