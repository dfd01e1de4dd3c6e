-- Residents, relatives, staff, and where each is told.
INSERT INTO resident (id, name, sex, birth_date, address, phone, access_note, flags, centre_id, team_id, active, created_at_ms, time_zone, tier, external_number, region_code, revision)
SELECT cid('r', i), (ARRAY['王秀英','李桂兰','张建国','刘玉兰','陈志强','杨淑珍'])[1 + i % 6] || i, 'female', (1935 + i % 30) || '-05-02', '幸福里 ' || i % 500 || ' 号楼 ' || i % 30 || '01', '138' || lpad(i::text, 8, '0'), 'key at 502', CASE i % 9 WHEN 0 THEN '["fall_risk"]'::json ELSE '[]' END, county(i % :teams / :teams_a_county), team(i % :teams, :teams_a_county), i % 20 <> 19, :now_ms - :years_ms + i, '', (ARRAY['','basic','enhanced'])[1 + i % 3], 'E' || i, '3301' || lpad((i % :teams / :teams_a_county)::text, 2, '0'), 1
FROM generate_series(0, :residents - 1) i;

INSERT INTO resident_identity
SELECT cid('r', i), decode(md5('d' || i) || md5('e' || i), 'hex'), decode(md5('s' || i), 'hex'), lpad((i % 10000)::text, 4, '0')
FROM generate_series(0, :residents - 1) i;

INSERT INTO care_record
SELECT cid('r', i), '["高血压"]', '[{"name": "华法林", "dose": "2.5 mg"}]', '[]'
FROM generate_series(0, :residents - 1) i WHERE i % 3 <> 0;

INSERT INTO consent (id, resident_id, purpose, text_version, given_by, capacity, given_at_ms, recorded_by, withdrawn_at_ms, withdrawn_by)
SELECT cid('g', i), cid('r', i / 2), CASE i % 2 WHEN 0 THEN 'monitoring' ELSE 'family' END, '1', 'x', 'self', 1, '', CASE WHEN i % 100 = 51 THEN :now_ms - 1000 END, ''
FROM generate_series(0, 2 * :residents - 1) i;

INSERT INTO stay (id, resident_id, place_id, bed_id, from_ms)
SELECT cid('s', i), cid('r', i), cid('p', i), cid('p', i), 1
FROM generate_series(0, :residents / 20 - 1) i;

INSERT INTO ending (id, resident_id, reason, on_date, note, devices, at_ms, by_user)
SELECT cid('e', i), cid('r', i), 'died', '2026-10-01', '', '[]', :now_ms - i, 'u-admin'
FROM generate_series(0, :residents - 1) i WHERE i % 20 = 19;

INSERT INTO "user" (id, login, name, role, password_hash, centre_id, team_id, vendor, language, enabled)
SELECT cid('u', i), 'family-' || i, '家属' || i, 'family', '', NULL, NULL, '', 'zh-CN', true
FROM generate_series(0, :residents - 1) i;

INSERT INTO "user" (id, login, name, role, password_hash, centre_id, team_id, vendor, language, enabled, duty)
SELECT 'u-desk-' || i, 'desk-' || i, '值班' || i, 'desk', '', county(i % :counties), NULL, '', 'zh-CN', true, 'operator'
FROM generate_series(0, :counties * 30 - 1) i;

INSERT INTO "user" (id, login, name, role, password_hash, centre_id, team_id, vendor, language, enabled, duty)
SELECT 'u-team-' || i, 'team-' || i, '医生' || i, 'team', '', NULL, team(i % :teams, :teams_a_county), '', 'zh-CN', true, (ARRAY['gp','nurse','carer'])[1 + i % 3]
FROM generate_series(0, :teams * 3 - 1) i;

INSERT INTO family_link
SELECT cid('u', i), cid('r', i), '女儿', 1
FROM generate_series(0, :residents - 1) i;

INSERT INTO family_link
SELECT cid('u', i), cid('r', (i + 1) % :residents), '儿子', 2
FROM generate_series(0, :residents - 1) i WHERE i % 5 = 0;

INSERT INTO contact (id, owner_kind, owner_id, channel, address, secret, min_priority, language, enabled)
SELECT cid('n', i), 'user', cid('u', i), 'call_only', '139' || lpad(i::text, 8, '0'), '', 1, 'zh-CN', true
FROM generate_series(0, :residents - 1) i;

INSERT INTO contact (id, owner_kind, owner_id, channel, address, secret, min_priority, language, enabled)
SELECT 'k-team-' || t, 'team', team(t, :teams_a_county), 'webhook', 'https://t' || t || '.example/', 's', 1, 'zh-CN', true
FROM generate_series(0, :teams - 1) t;

INSERT INTO contact (id, owner_kind, owner_id, channel, address, secret, min_priority, language, enabled)
SELECT 'k-desk-' || k, 'centre', county(k), 'webhook', 'https://c' || k || '.example/', 's', 0, 'zh-CN', true
FROM generate_series(0, :counties - 1) k;

INSERT INTO token (sha256, user_id, purpose, label, csrf, scopes, created_at_ms, expires_at_ms)
SELECT decode(md5('t' || i) || md5('o' || i), 'hex'), cid('u', i), 'session', '', 'x', 'read', 1, :now_ms + (i % 720) * 60000
FROM generate_series(0, :residents / 5) i;
