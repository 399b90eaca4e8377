-- BigQuery functions that DuckDB can compute: the body of one CREATE MACRO each, ended by a semicolon at the end of a line.
--
-- A macro is expanded where it is called and costs nothing at run time. typeof(x) is known when DuckDB plans, so that
-- only one branch of such a CASE remains. Lambda parameters have odd names, because a macro's arguments may be columns.
-- Functions that end in _of, and bq_raise, are Python (see macros.py). bq_range_bucket is a binary search: it steps by
-- halves, and a step past the end of the array meets NULL and is not taken.

bq_bytes(x) AS CASE WHEN typeof(x) = 'BLOB' THEN CAST(CAST(x AS VARCHAR) AS BLOB) ELSE encode(CAST(x AS VARCHAR)) END;
bq_string(x) AS
    CASE
    WHEN typeof(x) IN ('VARCHAR', 'BIGINT', 'BOOLEAN', 'DATE') THEN CAST(x AS VARCHAR)
    WHEN typeof(x) = 'BLOB' THEN decode(bq_bytes(x))
    ELSE bq_text_of(CAST(x AS VARCHAR), typeof(x)) END;
bq_int64(x) AS
    CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') THEN CASE
    WHEN regexp_full_match(CAST(x AS VARCHAR), '\s*[-+]?([0-9]+|0[xX][0-9a-fA-F]+)\s*') THEN CAST(trim(CAST(x AS VARCHAR)) AS BIGINT)
    ELSE CAST(bq_raise('Bad int64 value: ' || CAST(x AS VARCHAR)) AS BIGINT) END
    WHEN typeof(x) = 'DOUBLE' THEN CAST(round(CAST(x AS DOUBLE)) AS BIGINT)
    ELSE CAST(x AS BIGINT) END;
bq_float64(x) AS
    CASE
    WHEN typeof(x) = 'VARCHAR' AND TRY_CAST(x AS DOUBLE) IS NULL AND x IS NOT NULL THEN CAST(bq_raise('Bad double value: ' || CAST(x AS VARCHAR)) AS DOUBLE)
    ELSE TRY_CAST(x AS DOUBLE) END;
bq_bool(x) AS
    CASE
    WHEN typeof(x) = 'VARCHAR' AND lower(CAST(x AS VARCHAR)) NOT IN ('true', 'false') THEN CAST(bq_raise('Bad bool value: ' || CAST(x AS VARCHAR)) AS BOOLEAN)
    ELSE CAST(x AS BOOLEAN) END;
bq_length(x) AS CASE WHEN typeof(x) = 'BLOB' THEN octet_length(bq_bytes(x)) ELSE length(CAST(x AS VARCHAR)) END;
bq_byte_length(x) AS octet_length(bq_bytes(x));
bq_start(s, p) AS CASE WHEN p = 0 OR p < -length(s) THEN 1 ELSE p END;
bq_count(n, what) AS
    CASE
    WHEN n < 0 THEN CAST(bq_raise('Third argument in ' || what || ' cannot be negative') AS BIGINT)
    ELSE n END;
bq_substr(s, p) AS substr(s, bq_start(s, p)), (s, p, n) AS substr(s, bq_start(s, p), bq_count(n, 'SUBSTR()'));
bq_substr_hex(s, p, n) AS substr(s, CASE
    WHEN p > 0 THEN 2 * p - 1
    WHEN p = 0 OR -2 * p > length(s) THEN 1
    ELSE length(s) + 2 * p + 1 END, 2 * n);
bq_substr_bytes(s, p) AS unhex(bq_substr_hex(hex(s), p, octet_length(s))),
    (s, p, n) AS unhex(bq_substr_hex(hex(s), p, n));
bq_left(s, n) AS left(s, bq_count(n, 'LEFT()'));
bq_right(s, n) AS right(s, bq_count(n, 'RIGHT()'));
bq_lpad(s, n) AS lpad(s, CAST(n AS INTEGER), ' '), (s, n, p) AS lpad(s, CAST(n AS INTEGER), p);
bq_rpad(s, n) AS rpad(s, CAST(n AS INTEGER), ' '), (s, n, p) AS rpad(s, CAST(n AS INTEGER), p);
bq_split(s) AS string_split(s, ','), (s, d) AS string_split(s, d);
bq_replace(s, a, b) AS CASE WHEN a = '' THEN s ELSE replace(s, a, b) END;
bq_contains_substr(x, y) AS contains(lower(nfc_normalize(bq_string(x))), lower(nfc_normalize(y)));
bq_chr(n) AS chr(CAST(n AS INTEGER));
bq_unicode(s) AS CASE WHEN s = '' THEN 0 ELSE CAST(unicode(s) AS BIGINT) END;
bq_code_points(s) AS
    CASE
    WHEN s = '' THEN CAST([] AS BIGINT[])
    ELSE list_transform(string_split(s, ''), lambda _bq_c: CAST(unicode(_bq_c) AS BIGINT)) END;
bq_from_code_points(a) AS array_to_string(list_transform(a, lambda _bq_c: chr(CAST(_bq_c AS INTEGER))), '');
bq_sha256(x) AS unhex(sha256(bq_bytes(x)));
bq_sha1(x) AS unhex(sha1(bq_bytes(x)));
bq_md5(x) AS unhex(md5(bq_bytes(x)));
bq_sha512(x) AS bq_sha512_of(bq_bytes(x));
bq_farm(x) AS bq_farm_of(bq_bytes(x));
bq_format(f, v, k) AS bq_format_of(f, v, k);
bq_json_string(x) AS bq_json_of(CAST(to_json(x) AS VARCHAR), typeof(x), false), (x, p) AS bq_json_of(CAST(to_json(x) AS VARCHAR), typeof(x), p);
bq_to_json(x) AS CAST(bq_json_of(CAST(to_json(x) AS VARCHAR), typeof(x), false) AS JSON);
bq_parse_json(x) AS
    CASE
    WHEN json_valid(x) THEN CAST(x AS JSON)
    WHEN x IS NOT NULL THEN CAST(bq_raise('Invalid input to PARSE_JSON: syntax error while parsing value: ' || x) AS JSON) END;
bq_json_value(j, p) AS
    CASE
    WHEN json_valid(CAST(j AS VARCHAR)) AND json_type(j, p) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string(j, p) END;
bq_json_query(j, p) AS
    CASE
    WHEN json_valid(CAST(j AS VARCHAR)) THEN CASE
    WHEN typeof(j) = 'JSON' THEN json_extract(j, p)
    WHEN json_type(j, p) <> 'NULL' THEN json_extract(j, p) END END;
bq_json_query_array(j, p) AS
    CASE
    WHEN json_valid(CAST(j AS VARCHAR)) AND json_type(j, p) = 'ARRAY' THEN CAST(json_extract(j, p) AS JSON[]) END;
bq_json_value_array(j, p) AS
    CASE
    WHEN json_valid(CAST(j AS VARCHAR)) AND json_type(j, p) = 'ARRAY' THEN list_transform(CAST(json_extract(j, p) AS JSON[]), lambda _bq_j: json_extract_string(_bq_j, '$')) END;
bq_json_type(j) AS
    CASE json_type(j)
    WHEN 'VARCHAR' THEN 'string'
    WHEN 'BOOLEAN' THEN 'boolean'
    WHEN 'OBJECT' THEN 'object'
    WHEN 'ARRAY' THEN 'array'
    WHEN 'NULL' THEN 'null'
    ELSE 'number' END;
bq_json_scalar(j) AS
    CASE
    WHEN json_type(CAST(j AS JSON)) = 'VARCHAR' THEN json_extract_string(j, '$')
    WHEN j IS NOT NULL THEN bq_raise('The provided JSON input is not a string') END;
bq_div(a, b) AS trunc(a / b);
bq_int_div(a, b) AS CASE WHEN b = -1 THEN -a ELSE CAST((a - a % b) AS BIGINT) // b END;
bq_sign(x) AS CAST(sign(x) AS BIGINT);
bq_finite(r, x, f) AS
    CASE
    WHEN isinf(r) AND NOT isinf(CAST(x AS DOUBLE)) THEN CAST(bq_raise('Floating point error in function: ' || f) AS DOUBLE)
    ELSE r END;
bq_exp(x) AS bq_finite(exp(CAST(x AS DOUBLE)), x, 'EXP');
bq_pow(x, y) AS bq_finite(pow(CAST(x AS DOUBLE), CAST(y AS DOUBLE)), x, 'POW');
bq_log(x) AS ln(x), (x, b) AS ln(CAST(x AS DOUBLE)) / ln(CAST(b AS DOUBLE));
bq_ieee_divide(a, b) AS
    CASE
    WHEN b <> 0 THEN CAST(a AS DOUBLE) / CAST(b AS DOUBLE)
    WHEN a = 0 OR isnan(CAST(a AS DOUBLE)) OR isnan(CAST(b AS DOUBLE)) THEN CAST('nan' AS DOUBLE)
    WHEN a > 0 THEN CAST('inf' AS DOUBLE)
    WHEN a < 0 THEN CAST('-inf' AS DOUBLE) END;
bq_safe_divide(a, b) AS CASE WHEN b = 0 THEN NULL ELSE a / b END;
bq_numeric_divide(a, b) AS CAST(bq_numeric_quotient(CAST(a AS VARCHAR), CAST(b AS VARCHAR)) AS DECIMAL(38, 9));
bq_range_bucket(x, a) AS
    CASE
    WHEN x IS NULL OR a IS NULL THEN NULL
    WHEN len(a) >= 1048576 THEN CAST(len(list_filter(a, lambda _bq_b: _bq_b <= x)) AS BIGINT)
    ELSE CAST(list_reduce(bq_halves(len(a)), lambda _bq_i, _bq_w: if(a[_bq_i + _bq_w] <= x, _bq_i + _bq_w, _bq_i), 0) AS BIGINT) END;
bq_halves(n) AS
    list_slice([524288, 262144, 131072, 65536, 32768, 16384, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1], 20 - CAST(floor(log2(greatest(n, 1))) AS BIGINT), 20);
bq_quantiles(a, c, n) AS
    CASE
    WHEN c > 0 THEN list_select(list_sort(a), list_transform(range(n + 1), lambda _bq_k: greatest(1, (c * _bq_k + n - 1) // n))) END;
bq_bit_count(x) AS CAST(bit_count(x) AS BIGINT);
bq_at(a, i) AS
    CASE
    WHEN i < 1 OR i > len(a) THEN error('Array index ' || (i - 1) || ' is out of bounds')
    ELSE a[i] END;
bq_safe_at(a, i) AS CASE WHEN i >= 1 THEN a[i] END;
bq_in_array(x, a) AS
    CASE
    WHEN coalesce(len(a), 0) = 0 THEN false
    WHEN x IS NULL THEN NULL
    WHEN list_contains(a, x) THEN true
    WHEN len(list_filter(a, lambda _bq_n: _bq_n IS NULL)) > 0 THEN NULL
    ELSE false END;
bq_array_to_string(a, d) AS array_to_string(list_filter(a, lambda _bq_t: _bq_t IS NOT NULL), d), (a, d, n) AS array_to_string(list_transform(a, lambda _bq_t: coalesce(_bq_t, n)), d);
bq_series(a, b, s) AS
    CASE
    WHEN s = 0 THEN CAST(bq_raise('Sequence step cannot be 0.') AS BIGINT[])
    ELSE generate_series(a, b, s) END;
bq_series_float(a, b, s) AS list_transform(generate_series(0, CAST(floor((b - a) / s + 1e-9) AS BIGINT)), lambda _bq_i: a + _bq_i * s);
bq_days(a, b, s) AS list_transform(generate_series(CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP), s), lambda _bq_d: CAST(_bq_d AS DATE));
-- a day of the month that is too late for a month becomes its last one, and comes back in the next
bq_months(a, b, n) AS
    CASE
    WHEN n = 0 THEN CAST(bq_raise('Sequence step cannot be 0.') AS DATE[])
    ELSE list_filter(list_transform(generate_series(0, CAST(abs(date_diff('month', a, b)) AS BIGINT) // abs(n)), lambda _bq_i: CAST(a + to_months(CAST(_bq_i * n AS INTEGER)) AS DATE)), lambda _bq_d: CASE WHEN n > 0 THEN _bq_d <= b ELSE _bq_d >= b END) END;
bq_array_slice(a, s, e) AS list_slice(a, CASE WHEN s < 0 THEN greatest(len(a) + s, 0) ELSE s END + 1, CASE WHEN e < 0 THEN len(a) + e ELSE e END + 1);
bq_instr(s, t) AS instr(s, t), (s, t, p) AS bq_instr_of(s, t, p, 1), (s, t, p, n) AS bq_instr_of(s, t, p, n);
bq_json_keys(j) AS bq_json_keys_of(CAST(j AS VARCHAR), 2147483647), (j, n) AS bq_json_keys_of(CAST(j AS VARCHAR), n);
bq_json_as(j, k, w) AS
    CASE
    WHEN list_contains(k, json_type(j)) THEN json_extract_string(j, '$')
    WHEN j IS NOT NULL THEN bq_raise('The provided JSON input is not ' || w) END;
bq_top_count(h, n) AS list_slice(list_transform(list_reverse_sort(list_transform(map_entries(h), lambda _bq_e: {'count': _bq_e.value, 'value': _bq_e.key})), lambda _bq_e: {'value': _bq_e.value, 'count': CAST(_bq_e.count AS BIGINT)}), 1, n);
bq_week(d, s) AS CAST(date_trunc('week', CAST(d AS DATE) - s) AS DATE) + s;
bq_week_diff(a, b, s) AS CAST((bq_week(a, s) - bq_week(b, s)) / 7 AS BIGINT);
bq_week_number(d, s) AS CAST((CAST(dayofyear(d) AS INTEGER) + 6 - (CAST(isodow(d) AS INTEGER) + 6 - s) % 7) // 7 AS BIGINT);
bq_iso_year(d) AS CAST(date_trunc('week', make_date(isoyear(CAST(d AS DATE)), 1, 4)) AS DATE);
bq_ts_seconds(x) AS CAST(make_timestamp(x * 1000000) AS TIMESTAMPTZ);
bq_ts_millis(x) AS CAST(make_timestamp(x * 1000) AS TIMESTAMPTZ);
bq_ts_micros(x) AS CAST(make_timestamp(x) AS TIMESTAMPTZ);
bq_floor_div(a, b) AS (a - ((a % b) + b) % b) // b;
bq_unix(x, n) AS bq_floor_div(epoch_us(CAST(x AS TIMESTAMPTZ)), n);
bq_unix_date(d) AS CAST(CAST(d AS DATE) - DATE '1970-01-01' AS BIGINT);
bq_from_unix_date(n) AS DATE '1970-01-01' + CAST(n AS INTEGER);
bq_last_quarter_day(d) AS CAST(date_trunc('quarter', CAST(d AS DATE)) + INTERVAL 3 MONTH - INTERVAL 1 DAY AS DATE);
bq_numeric(x) AS
    CASE
    WHEN typeof(x) = 'VARCHAR' AND TRY_CAST(x AS DECIMAL(38, 9)) IS NULL AND x IS NOT NULL THEN CAST(bq_raise('Invalid NUMERIC value: ' || CAST(x AS VARCHAR)) AS DECIMAL(38, 9))
    ELSE CAST(x AS DECIMAL(38, 9)) END;
bq_percent(l, n) AS list_slice(l, 1, n);
