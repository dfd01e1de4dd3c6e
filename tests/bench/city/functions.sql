-- Identities without order, which agree from table to table; `whose`: a few residents have most of the alerts.
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
