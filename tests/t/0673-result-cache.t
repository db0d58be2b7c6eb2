#!/bin/bash
# Results that are kept: for whom, until when, what makes them old, what is never kept.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/oauth.sh"
sv_workers=2
start_postgres && migrate tool_timeout=60000 || exit 1
# the day of a quota must not end while this runs
same_window 86400 300
sql "$(cat <<'SQL'
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO sallyport_tool;
CREATE TABLE shop.price (item text PRIMARY KEY, price integer NOT NULL);
INSERT INTO shop.price VALUES ('tea', 1), ('milk', 2);
GRANT ALL ON shop.price TO sallyport_tool;
CREATE FUNCTION tools.price(item text, secret text DEFAULT '', pause float DEFAULT 0) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	result json;
BEGIN
	SELECT json_build_object('price', p.price, 'who', current_setting('request.jwt.claims')::json->>'preferred_username',
	    'at', clock_timestamp()) INTO result FROM shop.price p WHERE p.item = price.item;
	PERFORM pg_sleep(pause);
	IF result IS NULL THEN
		RAISE 'there is no %', item;
	END IF;
	RETURN result;
END $$;
COMMENT ON FUNCTION tools.price IS 'Price
@mcp
@tier public
@cache 1h everyone
@sensitive secret';
CREATE FUNCTION tools.mine() RETURNS json LANGUAGE sql STABLE AS
$$ SELECT json_build_object('who', current_setting('request.jwt.claims')::json->>'preferred_username', 'at', clock_timestamp()) $$;
COMMENT ON FUNCTION tools.mine IS 'Mine
@mcp
@tier public
@cache 1h
@quota user 40/day';
CREATE FUNCTION tools.short() RETURNS json LANGUAGE sql STABLE AS $$ SELECT json_build_object('at', clock_timestamp()) $$;
COMMENT ON FUNCTION tools.short IS E'Short\n@mcp\n@tier public\n@cache 1s';
CREATE FUNCTION tools.large(n integer) RETURNS json LANGUAGE sql STABLE AS $$ SELECT json_build_object('at', clock_timestamp(), 'x', repeat('x', n)) $$;
COMMENT ON FUNCTION tools.large IS E'Large\n@mcp\n@tier public\n@cache 1h';
CREATE FUNCTION tools.whole() RETURNS mcp.result LANGUAGE sql STABLE AS
$$ SELECT mcp.result(ARRAY[mcp.text('a'), mcp.text('b')], jsonb_build_object('at', clock_timestamp())) $$;
COMMENT ON FUNCTION tools.whole IS E'Whole\n@mcp\n@tier public\n@cache 1h';
CREATE FUNCTION tools.set_price(item text, price integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE shop.price p SET price = set_price.price WHERE p.item = set_price.item;
	IF price < 0 THEN RAISE 'no price is below zero'; END IF;
END $$;
COMMENT ON FUNCTION tools.set_price IS E'Set a price\n@mcp\n@tier developer\n@invalidates price';
CREATE FUNCTION tools.bad() RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT 1 $$;
COMMENT ON FUNCTION tools.bad IS E'Bad\n@mcp\n@cache 1h';
CREATE FUNCTION tools.cache_stats() RETURNS json LANGUAGE sql STABLE AS $$ SELECT row_to_json(s) FROM mcp.cache_stats() s $$;
COMMENT ON FUNCTION tools.cache_stats IS E'Statistics\n@mcp\n@tier public';
SQL
)"
sallyport catalog apply >"$sv_log/catalog.log" 2>&1
like "what does more than read is not kept" '@cache, but the function is VOLATILE' "$(cat "$sv_log/catalog.log")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && add_user bob
for user in alice bob; do token_for $user >"$T/$user"; done
as() { mcp_token=$(cat "$T/$1"); }
# at TOOL [ARGUMENTS]: when its result was made
at() { call_tool "$@" >/dev/null; json .result.structuredContent.at; }
same() { [ "$1" = "$2" ] && echo same || echo new; }

# ---- kept ----

as alice
first=$(at price '{"item":"tea"}')
is "a result is kept" same "$(same "$first" "$(at price '{"item":"tea"}')")"
is "for everyone" "same alice" "$(as bob; same "$first" "$(at price '{"item":"tea"}')") $(json .result.structuredContent.who)"
is "in the same form" "$(body | jq -cS '.result | del(._meta)')" "$(as alice; call_tool price '{"item":"tea"}' >/dev/null; body | jq -cS '.result | del(._meta)')"
is "for these arguments" new "$(same "$first" "$(at price '{"item":"milk"}')")"
is "however they are written" same "$(at price '{"item":"tea","pause":0}' >"$T/a"; same "$(cat "$T/a")" "$(at price '{"pause":0,"item":"tea"}')")"
is "null is not given" same "$(same "$first" "$(at price '{"item":"tea","secret":null}')")"
mine=$(at mine)
is "for a principal" same "$(same "$mine" "$(at mine)")"
is "and no other" "new bob" "$(as bob; same "$mine" "$(at mine)") $(json .result.structuredContent.who)"
whole=$(at whole)
is "a whole result" "same a b" "$(same "$whole" "$(at whole)") $(json '[.result.content[].text] | join(" ")')"
is "the session's, too" same "$(session=$(open_session); session=$session version=2025-11-25 post_mcp "$(old tools/call '{"name":"price","arguments":{"item":"tea"}}')" >/dev/null; same "$first" "$(json .result.structuredContent.at)")"
is "over a pipe" "$first" "$(rpc tools/call '{"name":"price","arguments":{"item":"tea"}}' | timeout 60 "$top_builddir/bin/sallyport-stdio" --as bob 2>>"$T/stdio.log" | jq -r .result.structuredContent.at)"
is "the audit row says so" "ok true" "$(call_tool price '{"item":"tea"}' >/dev/null; sql "SELECT outcome, detail->>'cached' FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "a result that is made does not" "ok " "$(call_tool price '{"item":"tea","pause":0.01}' >/dev/null; sql "SELECT outcome, detail->>'cached' FROM sallyport.audit ORDER BY audit_id DESC LIMIT 1" | tr '|' ' ')"
is "a kept result counts" 40 "$(as bob; for n in $(seq 45); do call_tool mine >/dev/null; done; sql "SELECT count(*) FROM sallyport.audit a JOIN sallyport.users u USING (user_id) WHERE tool = 'mine' AND outcome = 'ok' AND username = 'bob'")"

# ---- not kept ----

as alice
is "a failure is not kept" "true there is no coal 0" "$(call_tool price '{"item":"coal"}' >/dev/null; echo "$(json .result.isError) $(tool_text) $(sql "SELECT count(*) FROM sallyport.result_cache WHERE text ~ 'coal' OR json ~ 'coal'")")"
is "and may be a success the next time" 9 "$(sql "INSERT INTO shop.price VALUES ('coal', 9)"; call_tool price '{"item":"coal"}' >/dev/null; json .result.structuredContent.price)"
is "what is large is not kept" new "$(at large '{"n":300000}' >"$T/a"; same "$(cat "$T/a")" "$(at large '{"n":300000}')")"
is "what is smaller is" same "$(at large '{"n":200000}' >"$T/a"; same "$(cat "$T/a")" "$(at large '{"n":200000}')")"
short=$(at short)
later() { [ "$(same "$short" "$(at short)")" = new ]; }
ok "what has expired is made anew" sv_until 30 later
call_tool price '{"item":"tea","secret":"hunter2"}' >/dev/null
is "what is sensitive is not in the table" 0 "$(sql "SELECT count(*) FROM sallyport.result_cache c WHERE c::text ~ 'hunter2' OR encode(c.key, 'escape') ~ 'hunter2'")"
is "nor can it be tried: the key is no plain digest" 0 "$(sql "SELECT count(*) FROM sallyport.result_cache c WHERE c.key = sha256('{\"item\":\"tea\",\"secret\":\"hunter2\"}')")"
is "it is in the key" new "$(same "$first" "$(at price '{"item":"tea","secret":"other"}')")"

# ---- old ----

first=$(at price '{"item":"tea"}')
is "a failure of the tool that makes it old does not" same "$(call_tool set_price '{"item":"tea","price":-1}' >/dev/null; same "$first" "$(at price '{"item":"tea"}')")"
call_tool set_price '{"item":"tea","price":5}' >/dev/null
is "its success does" 5 "$(call_tool price '{"item":"tea"}' >/dev/null; json .result.structuredContent.price)"
is "in one transaction with what it did" 1 "$(sql "SELECT count(DISTINCT xmin) FROM (SELECT xmin::text FROM sallyport.result_cache_epoch WHERE tool = 'price' UNION ALL SELECT xmin::text FROM shop.price WHERE item = 'tea') x")"
is "at every process" "5 5 5 5" "$(for n in 1 2 3 4; do call_tool price '{"item":"tea"}' >/dev/null; json .result.structuredContent.price; done | paste -sd' ')"
# a call that began before the change ends behind it
curl -s --max-time 60 -o "$T/slow" "$issuer/mcp" -H 'Accept: application/json, text/event-stream' -H 'Content-Type: application/json' \
	-H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: price' -H "Authorization: Bearer $mcp_token" \
	--data-binary "$(rpc tools/call '{"name":"price","arguments":{"item":"milk","pause":4}}')" &
slow=$!
sleeps() { [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" -ge 1 ]; }
ok "a slow call runs" sv_until 20 sleeps
call_tool set_price '{"item":"milk","price":7}' >/dev/null
wait "$slow"
is "has the price of before" 2 "$(jq .result.structuredContent.price "$T/slow")"
is "which is not kept" 0 "$(sql "SELECT count(*) FROM sallyport.result_cache WHERE json::json->>'price' = '2'")"
first=$(at price '{"item":"tea"}')
sql "COMMENT ON FUNCTION tools.price IS E'Price of an item\n@mcp\n@tier public\n@cache 2h everyone'" && sallyport catalog apply >>"$sv_log/catalog.log" 2>&1
catalog_known
is "another definition" new "$(same "$first" "$(at price '{"item":"tea"}')")"

# ---- cleared ----

first=$(at price '{"item":"tea"}') whole=$(at whole)
like "cache clear PATTERN" '^cleared: [1-9][0-9]*$' "$(sallyport cache clear 'pri*')"
is "forgets what fits" "new same" "$(same "$first" "$(at price '{"item":"tea"}')") $(same "$whole" "$(at whole)")"
is "_ is no pattern" '"0"' "$(sallyport cache clear 'w_ole' --json | jq -c '.cleared | tostring')"
call_tool cache_stats >/dev/null
is "a tool sees how many there are" "true true" "$(json '.result.structuredContent | "\(.total >= .active) \(.active > 1 and .hits > 0)"')"
like "so does the command" 'price' "$(sallyport cache stats)"
sallyport cache clear >/dev/null
is "all of it" 0 "$(sql 'SELECT count(*) FROM sallyport.result_cache')"
sql "INSERT INTO sallyport.result_cache (key, server, tool, expires_at) VALUES ('x', '', 'price', now() - interval '1 s')"
sallyport sweep >/dev/null
is "what has expired is swept" 0 "$(sql "SELECT count(*) FROM sallyport.result_cache WHERE key = 'x'")"

# ---- policy ----

is "a kept result is not for who may not call" -32602 "$(at price '{"item":"tea"}' >/dev/null; sallyport tool disable price; until call_tool price '{"item":"tea"}' >/dev/null; [ "$(json '.error.code // 0')" != 0 ]; do :; done; json .error.code)"
done_testing
