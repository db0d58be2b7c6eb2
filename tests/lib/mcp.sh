# mcp.sh - tools to call, and raw POSTs to the MCP endpoint; sourced after sallyport.sh
# shellcheck shell=bash

# The tools of the tests.  Orders belong to users, which row-level security enforces.
mcp_catalog() {
	sql "$(cat <<'SQL'
CREATE SCHEMA shop;
CREATE TABLE shop.orders (order_no bigint PRIMARY KEY, owner text NOT NULL, state text NOT NULL);
INSERT INTO shop.orders VALUES (1, 'alice', 'sent'), (2, 'alice', 'packed'), (3, 'bob', 'sent');
CREATE TABLE shop.touched (n integer CHECK (n < 100), word text UNIQUE);
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.orders TO sallyport_tool
	USING (owner = current_setting('request.jwt.claims')::json->>'preferred_username');
GRANT USAGE ON SCHEMA shop TO sallyport_tool;
GRANT SELECT, UPDATE ON shop.orders TO sallyport_tool;
GRANT SELECT, INSERT, DELETE ON shop.touched TO sallyport_tool;

CREATE FUNCTION tools.order_status(order_no bigint, verbose boolean DEFAULT false)
RETURNS TABLE (state text, owner text) LANGUAGE sql STABLE AS
$$ SELECT o.state, o.owner FROM shop.orders o WHERE o.order_no = $1 $$;
COMMENT ON FUNCTION tools.order_status IS 'Order status
Says where one order of the calling customer is now.
@mcp
@scope orders:read
@param order_no {"minimum": 1} number printed on the invoice';

CREATE FUNCTION tools.echo(region text DEFAULT 'eu', level integer DEFAULT NULL, flag boolean DEFAULT NULL)
RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_object('region', region, 'level', level, 'flag', flag) $$;
COMMENT ON FUNCTION tools.echo IS 'Echo
@mcp
@tier public
@param region {"x-mcp-header": "Region"}
@param level {"x-mcp-header": "Level"}
@param flag {"x-mcp-header": "Flag"}';

CREATE FUNCTION tools.list_orders() RETURNS SETOF shop.orders LANGUAGE sql STABLE AS
$$ SELECT * FROM shop.orders ORDER BY order_no $$;
COMMENT ON FUNCTION tools.list_orders IS 'All orders of the caller
@mcp';

CREATE FUNCTION tools.touch(n integer, word text DEFAULT NULL) RETURNS integer LANGUAGE sql AS
$$ INSERT INTO shop.touched VALUES (n, word) RETURNING n $$;
COMMENT ON FUNCTION tools.touch IS 'Leaves a trace
@mcp
@idempotent';

CREATE FUNCTION tools.wipe() RETURNS void LANGUAGE sql AS $$ DELETE FROM shop.touched $$;
COMMENT ON FUNCTION tools.wipe IS 'Removes all traces
@mcp
@destructive';

CREATE FUNCTION tools.refund(order_no bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'refunded ' || order_no $$;
COMMENT ON FUNCTION tools.refund IS 'Refund
@mcp
@scope orders:write';
SQL
)" && sallyport catalog apply >"$sv_log/catalog.log" 2>&1
}

# rpc METHOD [PARAMS [ID]]: a message of 2026-07-28, on one line.
rpc() {
	local meta='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'
	echo '{"jsonrpc":"2.0","id":'"${3:-1}"',"method":"'"$1"'","params":'"$(add_members "${2:-"{}"}" "$meta")"'}'
}

# old METHOD [PARAMS [ID]]: a message of the revisions with sessions; ID null: a notification.
old() {
	local id=${3:-1}
	[ "$id" != null ] || id=
	echo '{"jsonrpc":"2.0","method":"'"$1"'","params":'"${2:-"{}"}${id:+,\"id\":$id}"'}'
}

# post_mcp BODY [CURL OPTION]...: with exactly the headers that these variables
# name; an empty one is not sent.
version=2026-07-28 method='' name='' session='' accept='application/json, text/event-stream'
content_type=application/json mcp_path=/mcp
post_mcp() {
	local body=$1 token=${mcp_token-$(access_token)}
	shift
	request POST "$mcp_path" -H "Accept:${accept:+ $accept}" -H "Content-Type:${content_type:+ $content_type}" \
		${version:+-H "MCP-Protocol-Version: $version"} ${method:+-H "Mcp-Method: $method"} \
		${name:+-H "Mcp-Name: $name"} ${session:+-H "Mcp-Session-Id: $session"} \
		${token:+-H "Authorization: Bearer $token"} "$@" --data-binary "$body"
}

# try NAME "STATUS CODE" BODY [CURL OPTION]...: CODE is the JSON-RPC error's, ok for a
# result, - for an empty body.
try() {
	local title=$1 expected=$2 status
	shift 2
	status=$(post_mcp "$@")
	is "$title" "$expected" "$status $([ -s "$T/answer.body" ] && json 'if .result then "ok" else .error.code // .error end' || echo -)"
}

# open_session [VERSION]: initialize and initialized; prints the id.
open_session() {
	version='' post_mcp "$(old initialize "$(jq -nc --arg v "${1:-2025-11-25}" '{ protocolVersion: $v, capabilities: {},
		clientInfo: { name: "tests", version: "1" } }')")" >/dev/null
	local id
	id=$(header Mcp-Session-Id)
	secret "$id"
	version='' session=$id post_mcp "$(old notifications/initialized '{}' null)" >/dev/null
	echo "$id"
}

# remint FILTER [TYP]: the last access token with other claims, well signed.
remint() {
	local payload
	payload=$(access_token | cut -d. -f2 | tr -- -_ +/)
	while [ $((${#payload} % 4)) -ne 0 ]; do payload=$payload=; done
	base64 -d <<<"$payload" | jq -cj "$1" | "$top_builddir/tests/lib/mint" ${2:+"$2"}
}

# catalog_known: waits until every process `mcp` that lives has the catalog as it is now,
# as far as their log is here.  As CGI none keeps one.
catalog_known() {
	local version pid behind
	[ -s "$sv_log/mcp.log" ] || sleep 1
	version=$(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'")
	for _ in {1..200}; do
		behind=
		for pid in $(jq -rnR --argjson version "$version" '[inputs | fromjson? | select(.event == "started" or .event == "catalog")]
			| group_by(.pid)[] | select(map(.version // 0) | max < $version)[0].pid' "$sv_log/mcp.log" 2>/dev/null); do
			! kill -0 "$pid" 2>/dev/null || behind=$pid
		done
		[ -n "$behind" ] || return 0
		sleep 0.1
	done
}
