-- Counties, centres, teams, beds, products, rotas.
INSERT INTO organisation (id, name, region_code)
SELECT county(k), 'county ' || k, '3301' || lpad(k::text, 2, '0')
FROM generate_series(2, :counties - 1) k;

INSERT INTO centre (id, name, region_code, phone, time_zone, organisation_id)
SELECT county(k), 'centre ' || k, '3301' || lpad(k::text, 2, '0'), '057100', '', county(k)
FROM generate_series(2, :counties - 1) k;

INSERT INTO team (id, name, centre_id, organisation_id)
SELECT team(t, :teams_a_county), 'team ' || t, county(t / :teams_a_county), county(t / :teams_a_county)
FROM generate_series(0, :teams - 1) t WHERE t NOT IN (0, :teams_a_county);

INSERT INTO place (id, centre_id, kind, name, full_name, in_use)
SELECT cid('p', i), county(i % :counties), 'bed', 'bed ' || i, 'house / ' || i, true
FROM generate_series(0, :residents / 20 - 1) i;

INSERT INTO product (id, name, vendor, codec, created_at_ms)
SELECT 'prod-' || i, 'product ' || i, 'vendor-' || (i % 12), 'open_json', 1
FROM generate_series(0, 59) i;

INSERT INTO rota (id, owner_kind, owner_id, time_zone, covers, workdays, version, look_at_ms)
SELECT 'ro-' || t, 'team', team(t, :teams_a_county), 'Asia/Shanghai', 'shifts', 'cn', 1, :now_ms + 1000000
FROM generate_series(0, :teams - 1) t;

INSERT INTO rota_shift (id, rota_id, name, position, days, start_minute, end_minute, crews, anchor, from_day, until_day)
SELECT 'sh-' || t, 'ro-' || t, 'day', 0, '1234567', 480, 1200, '[[]]', '2026-11-23', '', ''
FROM generate_series(0, :teams - 1) t;
