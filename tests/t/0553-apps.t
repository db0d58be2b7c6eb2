#!/bin/bash
# Icons and _meta of tools and servers, and MCP Apps: what authors write, what clients of each revision are shown.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
mkdir -p "$T/pages" && echo '<!DOCTYPE html><p>page</p>' >"$T/pages/view.html" && echo 'p { color: red }' >"$T/pages/style.css" && chmod -R a+rX "$T/pages"
start_postgres && migrate resource_dirs="pages=$T/pages" || exit 1
sql "$(cat <<'SQL'
CREATE FUNCTION tools.show_orders() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '{"orders": 2}'::jsonb $$;
COMMENT ON FUNCTION tools.show_orders IS 'Orders
@mcp
@tier public
@icon https://shop.example/o.png image/png 48x48,96x96 dark
@icon data:image/svg+xml;base64,AAAA image/svg+xml any
@icon https://shop.example/p.png
@ui ui://shop/orders
@meta {"shop.example/k": {"a": null},
  "ui": {"resourceUri": "ui://replaced"}}';
CREATE FUNCTION tools.refresh_orders() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1';
COMMENT ON FUNCTION tools.refresh_orders IS E'Refresh\n@mcp\n@tier public\n@ui ui://shop/orders app';
CREATE FUNCTION tools.both() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1';
COMMENT ON FUNCTION tools.both IS E'Both\n@mcp\n@tier public\n@ui ui://shop/orders app model';
CREATE FUNCTION tools.orders_page() RETURNS text LANGUAGE sql STABLE AS $$ SELECT '<!DOCTYPE html><title>Orders</title>' $$;
COMMENT ON FUNCTION tools.orders_page IS 'Page
@resource ui://shop/orders
@tier public
@meta {"ui": {"csp": {"connectDomains": ["https://api.shop.example"]}, "prefersBorder": true}}';
CREATE FUNCTION tools.style() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'p {}' $$;
COMMENT ON FUNCTION tools.style IS E'Style\n@resource ui://shop/style\n@mime text/css\n@tier public';
CREATE FUNCTION tools.parts(n text) RETURNS SETOF mcp.resource_contents LANGUAGE sql STABLE AS $$
	VALUES (NULL, NULL, 'own', NULL::bytea, NULL::jsonb), ('ui://shop/other', 'text/css', 'other', NULL, NULL),
	       (NULL, NULL, 'with', NULL, '{"x": 1}') $$;
COMMENT ON FUNCTION tools.parts IS E'Parts\n@resource ui://shop/parts/{n}\n@tier public\n@meta {"ui": {"it''s": "a"}}';
CREATE FUNCTION tools.old_fashioned() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'x' $$;
COMMENT ON FUNCTION tools.old_fashioned IS E'Asks\n@prompt\n@tier public\n@icon https://shop.example/q.png image/png any light\n@meta {"a": 1}';
CREATE FUNCTION tools.anything(value jsonb) RETURNS mcp.result LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN value = '"nothing"' THEN mcp.result(ARRAY[mcp.text('x')]) ELSE mcp.result(structured => value) END $$;
COMMENT ON FUNCTION tools.anything IS E'Anything\n@mcp\n@tier public\n@output {"type": ["array", "null"]}';
INSERT INTO sallyport.mcp_resource (uri, name, kind, tier, spec, meta) VALUES ('ui://pages/{+path}', 'pages', 'directory', 'public',
	'{"directory": "pages"}', '{"ui": {"prefersBorder": false}}');
UPDATE sallyport.resource SET description = 'A shop.', website_url = 'https://shop.example/', icons = '[{"src": "https://shop.example/s.png"}]';
SQL
)" && sallyport catalog apply >"$sv_log/catalog.log" 2>&1
is "all are in the catalog" 0 $?
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice
token_for alice >/dev/null

apps='{"_meta":{"io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}}}'
tool() { json ".result.tools[] | select(.name == \"$1\")$2" -cS; }
names() { json '[.result.tools[].name] | join(" ")'; }

# ---- tools ----

call_mcp tools/list "$apps" >/dev/null
is "icons" '[{"mimeType":"image/png","sizes":["48x48","96x96"],"src":"https://shop.example/o.png","theme":"dark"},{"mimeType":"image/svg+xml","sizes":["any"],"src":"data:image/svg+xml;base64,AAAA"},{"src":"https://shop.example/p.png"}]' "$(tool show_orders .icons)"
is "_meta, in which @ui wins" '{"shop.example/k":{"a":null},"ui":{"resourceUri":"ui://shop/orders"}}' "$(tool show_orders ._meta)"
is "a tool of the page only" '{"ui":{"resourceUri":"ui://shop/orders","visibility":["app"]}}' "$(tool refresh_orders ._meta)"
is "a tool of both" '{"ui":{"resourceUri":"ui://shop/orders","visibility":["app","model"]}}' "$(tool both ._meta)"
is "others have neither" 'false false' "$(json '.result.tools[] | select(.name == "anything") | "\(has("icons")) \(has("_meta"))"')"
is "a client with pages sees all" 'anything both refresh_orders show_orders' "$(names)"
is "nobody may give it to others" private "$(json .result.cacheScope)"
call_mcp tools/list >/dev/null
is "a client without them not what only pages call" 'anything both show_orders' "$(names)"
is "nor is that for others" private "$(json .result.cacheScope)"
# what a client may say of the extension
while read -r count settings; do
	call_mcp tools/list "{\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":{\"extensions\":{\"io.modelcontextprotocol/ui\":$settings}}}}" >/dev/null
	is "$settings" "$count" "$(json '.result.tools | length')"
done <<'E'
4 {}
4 {"mimeTypes":["text/uri-list","text/html;profile=mcp-app"]}
4 {"mimeTypes":["Text/HTML; profile=mcp-app"],"features":[1]}
3 {"mimeTypes":[]}
3 {"mimeTypes":["text/html"]}
3 {"mimeTypes":["text/html;profile=mcp-apps"]}
3 {"mimeTypes":"text/html;profile=mcp-app"}
3 {"mimeTypes":[7,null,{}]}
3 true
3 null
3 []
4 {}
4 {"mimeTypes":["text/uri-list","text/html;profile=mcp-app"]}
4 {"mimeTypes":["Text/HTML; profile=mcp-app"],"features":[1]}
3 {"mimeTypes":[]}
3 {"mimeTypes":["text/html"]}
3 {"mimeTypes":["text/html;profile=mcp-apps"]}
3 {"mimeTypes":"text/html;profile=mcp-app"}
3 {"mimeTypes":[7,null,{}]}
3 true
3 null
3 []
E
call_mcp tools/list '{"_meta":{"io.modelcontextprotocol/clientCapabilities":{"extensions":["io.modelcontextprotocol/ui"]}}}' >/dev/null
is "extensions that are a list" 3 "$(json '.result.tools | length')"
call_tool refresh_orders >/dev/null
is "a page's tool can be called: the client calls it" 1 "$(json .result.structuredContent.result)"

# ---- pages ----

read_resource() { call_mcp resources/read "$(jq -nc --arg uri "$1" '{ uri: $uri }')" >/dev/null; json .result.contents -c; }
is "a page" '[{"uri":"ui://shop/orders","mimeType":"text/html;profile=mcp-app","text":"<!DOCTYPE html><title>Orders</title>","_meta":{"ui":{"csp":{"connectDomains":["https://api.shop.example"]},"prefersBorder":true}}}]' "$(read_resource ui://shop/orders)"
is "its style" '[{"uri":"ui://shop/style","mimeType":"text/css","text":"p {}"}]' "$(read_resource ui://shop/style)"
is "parts: the _meta is of what has no other, and no other URI" '[{"uri":"ui://shop/parts/1","mimeType":"text/html;profile=mcp-app","text":"own","_meta":{"ui":{"it'\''s":"a"}}},{"uri":"ui://shop/other","mimeType":"text/css","text":"other"},{"uri":"ui://shop/parts/1","mimeType":"text/html;profile=mcp-app","text":"with","_meta":{"x":1}}]' "$(read_resource ui://shop/parts/1)"
is "a file" '[{"uri":"ui://pages/view.html","mimeType":"text/html;profile=mcp-app","text":"<!DOCTYPE html><p>page</p>\n","_meta":{"ui":{"prefersBorder":false}}}]' "$(read_resource ui://pages/view.html)"
is "a file beside it" 'text/css' "$(read_resource ui://pages/style.css | jq -r '.[0].mimeType')"
call_mcp resources/list >/dev/null
is "in the list" '{"_meta":{"ui":{"csp":{"connectDomains":["https://api.shop.example"]},"prefersBorder":true}},"description":"Page","mimeType":"text/html;profile=mcp-app","name":"orders_page","title":"Page","uri":"ui://shop/orders"}' \
	"$(json '.result.resources[] | select(.uri == "ui://shop/orders")' -cS)"

# ---- the server ----

call_mcp server/discover >/dev/null
is "the extension is told of" '{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}' "$(json '.result.capabilities.extensions | del(.["io.modelcontextprotocol/tasks"])' -c)"
is "the server says who it is" '{"description":"A shop.","icons":[{"src":"https://shop.example/s.png"}],"name":"sallyport","title":"Sallyport","websiteUrl":"https://shop.example/"}' \
	"$(json '.result._meta["io.modelcontextprotocol/serverInfo"] | del(.version)' -cS)"
call_mcp tools/list >/dev/null
is "elsewhere in short" '["name","title","version"]' "$(json '.result._meta["io.modelcontextprotocol/serverInfo"] | keys' -c)"

# ---- older revisions ----

info() {
	version='' post_mcp "$(old initialize "{\"protocolVersion\":\"$1\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}")" >/dev/null
	json '.result | "\(.serverInfo | keys | join(",")) \(.capabilities | has("extensions"))"'
}
is "2025-11-25" 'description,icons,name,title,version,websiteUrl true' "$(info 2025-11-25)"
is "2025-06-18" 'name,title,version true' "$(info 2025-06-18)"
is "2025-03-26" 'name,version true' "$(info 2025-03-26)"
for version in 2025-11-25 2025-06-18 2025-03-26; do
	session=$(open_session "$version")
	export version
	post_mcp "$(old tools/list)" >/dev/null
	case $version in
	2025-11-25) known=_meta,annotations,description,icons,inputSchema,name,title ;;
	2025-06-18) known=_meta,annotations,description,inputSchema,name,title ;;
	2025-03-26) known=annotations,description,inputSchema,name ;;
	esac
	is "$version: a tool" "$known" "$(json '.result.tools[] | select(.name == "show_orders") | keys | join(",")')"
	is "$version: without the tools of pages" 'anything both show_orders' "$(names)"
	is "$version: an output schema of something else than an object" false "$(tool anything ' | has("outputSchema")')"
	post_mcp "$(old prompts/list)" >/dev/null
	case $version in
	2025-11-25) known=_meta,description,icons,name,title ;;
	2025-06-18) known=_meta,description,name,title ;;
	2025-03-26) known=description,name ;;
	esac
	is "$version: a prompt" "$known" "$(json '.result.prompts[0] | keys | join(",")')"
done
version='' post_mcp "$(old initialize '{"protocolVersion":"2025-11-25","clientInfo":{"name":"t","version":"1"},
	"capabilities":{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}}')" >/dev/null
session=$(header Mcp-Session-Id)
secret "$session"
for i in 1 2; do	# any worker
	version=2025-11-25 post_mcp "$(old tools/list)" >/dev/null
	is "a session's client with pages ($i)" 'anything both refresh_orders show_orders' "$(names)"
done
version=2026-07-28 session=''

# ---- structured content of any type ----

call_mcp tools/list >/dev/null
is "2026-07-28 has its schema" '{"type":["array","null"]}' "$(tool anything .outputSchema)"
answer() { call_tool anything "{\"value\":$1}" >/dev/null; json '.result | "\(.isError) \(has("structuredContent")) \(.structuredContent | tojson) \(.content[0].text | if startswith("internal") then "internal" else . end)"'; }
is "an array" 'false true [1] [1]' "$(answer '[1]')"
is "null" 'false true null null' "$(answer null)"
is "an object" 'true false null internal' "$(answer '{"a":1}')"
is "nothing" 'true false null internal' "$(answer '"nothing"')"

# ---- doctor ----

is "every tool finds its page" true "$(sallyport doctor --json | jq '.[] | select(.check == "pages of tools").ok')"
sql "UPDATE sallyport.tool SET meta = '{\"ui\": {\"resourceUri\": \"ui://pages/view.html\"}}' WHERE name = 'both'"
is "one may be of a template" true "$(sallyport doctor --json | jq '.[] | select(.check == "pages of tools").ok')"
sql "UPDATE sallyport.tool SET meta = '{\"ui\": {\"resourceUri\": \"ui://nowhere\"}}' WHERE name = 'both'"
is "doctor finds one that is not there" 'false both names ui://nowhere' \
	"$(sallyport doctor --json | jq -r '.[] | select(.check == "pages of tools") | "\(.ok) \(.detail)"')"

# ---- refusals ----

refused() {
	sql "CREATE FUNCTION tools.refused() RETURNS ${4:-integer} LANGUAGE sql STABLE AS 'SELECT NULL::${4:-integer}'"
	sql "COMMENT ON FUNCTION tools.refused IS E'T\\n$2'"
	is "refused: $2" "refused $1" "$(sql "SELECT action, reason FROM sallyport.catalog_sync${3:-}('{tools}', 'sallyport_tool')
		WHERE function = 'tools.refused()'" -F ' ')"
	sql "DROP FUNCTION tools.refused"
}
icon='@icon needs an https or data URI, then its media type, then its sizes, then light or dark'
for bad in 'http://shop.example/x.png' 'javascript:alert(1)' 'file:///x.png' 'https://x.example/i.png png' \
	'https://x.example/i.png image/png 48' 'https://x.example/i.png image/png 48x48, 96x96' 'https://x.example/i.png image/png any grey' ''; do
	refused "$icon" "@mcp\\n@icon $bad"
done
ui='@ui needs a URI ui://..., then who may call the tool: model, app, or both'
for bad in 'https://shop.example/' 'ui://' 'ui://x nobody' 'ui://x app app' 'ui://x app,model' ''; do
	refused "$ui" "@mcp\\n@ui $bad"
done
refused '@meta: ui.resourceUri is a URI ui://...' '@mcp\n@meta {"ui": {"resourceUri": "https://x.example"}}'
refused '@meta: ui.visibility has "model", "app" or both' '@mcp\n@meta {"ui": {"visibility": ["nobody"]}}'
refused '@meta: ui.visibility has "model", "app" or both' '@mcp\n@meta {"ui": {"visibility": {"app": true}}}'
refused '@meta needs a JSON object' '@mcp\n@meta [1]'
refused 'invalid input syntax for type json' '@mcp\n@meta {"a": }'
for tag in 'mime text/css' 'ttl 5s' 'audience user' 'priority 1'; do
	refused "@${tag%% *} is for a resource" "@mcp\\n@$tag"
done
refused '@complete is for a resource or a prompt' '@mcp\n@complete a b.c'
refused '@destructive is for a tool' '@resource x:y\n@destructive' _content text
refused '@ui is for a tool' '@prompt\n@ui ui://x' _content text
refused '@output is for a tool' '@prompt\n@output {}' _content text
rejects() { like "a row with $2" "$1" "$(sql "$3" 2>&1)"; }
for bad in '{}' '[1]' '[{}]' '[{"src": 7}]' '[{"src": "http://x.example"}]' '[{"src": "javascript:x"}]' '[{"src": "https://x", "sizes": "48x48"}]' \
	'[{"src": "https://x", "sizes": [48]}]' '[{"src": "https://x", "mimeType": 1}]' '[{"src": "https://x", "theme": "blue"}]'; do
	rejects resource_icons "icons $bad" "UPDATE sallyport.resource SET icons = '$bad'"
done
rejects tool_meta "_meta []" "UPDATE sallyport.tool SET meta = '[]'"
rejects website_url "a website" "UPDATE sallyport.resource SET website_url = 'javascript:x'"

# ---- changes ----

sql "UPDATE sallyport.tool SET enabled = false WHERE name = 'refresh_orders'"
catalog_known
call_mcp tools/list >/dev/null
is "without a tool of the page only, the list is the same for everybody" '3 public' "$(json '.result | "\(.tools | length) \(.cacheScope)"')"
sql "DELETE FROM sallyport.mcp_resource WHERE uri LIKE 'ui:%'; DELETE FROM sallyport.tool WHERE meta ? 'ui'"
catalog_known
call_mcp server/discover >/dev/null
is "without apps, the extension is not told of" false "$(json '.result.capabilities.extensions | has("io.modelcontextprotocol/ui")')"
done_testing
