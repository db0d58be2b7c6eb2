# statement.sh - tools of kind "statement", and sources, as rows; sourced after mcp.sh
# shellcheck shell=bash

# add_statement NAME SQL [PROPERTIES [SPEC [COLUMN=VALUE]...]]: PROPERTIES of the input schema, all required but those with
# a default or "optional"; SPEC has more of its members; each COLUMN of sallyport.tool gets the SQL expression VALUE.
add_statement() {
	local name=$1 text=$2 properties=${3:-"{}"} more=${4:-"{}"} columns='' values='' column spec
	shift $(($# < 4 ? $# : 4))
	for column; do columns+=", ${column%%=*}" values+=", ${column#*=}"; done
	spec=$(jq -nc --arg sql "$text" --argjson more "$more" '{ $sql } + $more')
	sql "INSERT INTO sallyport.tool (name, description, kind, tier, input_schema, spec$columns) SELECT '$name', '$name', 'statement',
	    'public', jsonb_build_object('type', 'object', 'properties', p, 'additionalProperties', false, 'required',
	    (SELECT coalesce(jsonb_agg(key), '[]') FROM jsonb_each(p) WHERE NOT value ? 'default' AND NOT value ? 'optional')),
	    \$spec\$$spec\$spec\$$values FROM (VALUES (\$p\$$properties\$p\$::jsonb)) x (p)"
}

# add_source NAME SPEC
add_source() { sql "INSERT INTO sallyport.source VALUES ('$1', \$p\$$2\$p\$) ON CONFLICT (name) DO UPDATE SET spec = excluded.spec"; }

answer() { call_tool "$@" >"$T/status"; json 'if .result then "\(.result.isError) \(.result.structuredContent // .result.content[0].text | if type == "string" then . else tojson end)" else "error \(.error.code)" end'; }
gives() { is "$1 gives" "false $2" "$(answer "$1" "${3:-"{}"}")"; }
fails() { is "$1 fails" "true $2" "$(answer "$1" "${3:-"{}"}")"; }
# fails_like TOOL PATTERN [ARGUMENTS]
fails_like() { like "$1 fails" "^true $2" "$(answer "$1" "${3:-"{}"}")"; }
# The newest audit row of a call.
last_call() { sql "SELECT outcome || coalesce(' ' || (detail->>'sqlstate'), '') || coalesce(' ' || (detail->>'why'), '') FROM sallyport.audit WHERE event = 'tool.call' ORDER BY audit_id DESC LIMIT 1"; }
# left_out NAME WHY: the catalog does not have it, and the log says why (that of a CGI program is the web server's).
left_out() {
	case ${HTTPD:-nginx} in
	*cgi) like "$1 is not there" '^error' "$(answer "$1")" ;;
	*) is "$1 is not there" "$2" "$(jq -rR --arg name "$1" 'fromjson? | select(.event == "left out of the catalog" and .name == $name) | .why' "$sv_log/mcp.log" | tail -n 1)" ;;
	esac
}
