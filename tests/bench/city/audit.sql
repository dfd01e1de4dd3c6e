-- Who looked at what: a portion of it.
INSERT INTO audit (at_ms, user_id, action, resident_id, object_id, address, detail)
SELECT :now_ms - (:years_ms / :audit) * (:audit - i), CASE WHEN i % 3 = 0 THEN 'u-desk-' || i % 600 WHEN i % 3 = 1 THEN 'u-team-' || i % 2400 ELSE cid('u', i % :residents) END, (ARRAY['alert.watch','resident.read','alert.list','alert.read','observation.read','alert.watch','login','resident.change'])[1 + i % 8], CASE WHEN i % 8 IN (1, 3, 4) THEN cid('r', whose(i, :residents)) ELSE '' END, '', '10.1.2.3', '{}'
FROM generate_series(CAST(:from_i AS bigint), CAST(:until_i AS bigint) - 1) i;
