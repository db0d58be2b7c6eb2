# exchange.sh - calls that answer with a stream, or with questions; sourced after mcp.sh
# shellcheck shell=bash

# exchange_catalog: the functions of exchange.sql
exchange_catalog() {
	sql "$(cat "$top_srcdir/tests/lib/exchange.sql")" && sallyport catalog apply >"$sv_log/catalog.log" 2>&1
}

# messages: the JSON-RPC messages of the last answer, one a line, be it a stream or not
messages() {
	case $(header Content-Type) in
	text/event-stream*) sed -n 's/^data: //p' "$T/answer.body" ;;
	*) cat "$T/answer.body" ;;
	esac
}

# told FILTER: what the notifications before the answer say
told() { messages | jq -rs "[.[] | select(.method) | $1] | join(\" \")"; }
# final FILTER: of the answer itself, which is the last message
final() { messages | tail -n 1 | jq -rc "$1"; }

# call NAME [ARGUMENTS [_META [MORE PARAMS]]]: tools/call
call() {
	call_mcp tools/call "$(jq -nc --arg name "$1" --argjson arguments "${2:-"{}"}" --argjson meta "${3:-"{}"}" \
		--argjson more "${4:-"{}"}" '{ name: $name, arguments: $arguments, _meta: $meta } + $more')"
}

# What a client says that it can do.
able() { jq -nc --argjson c "$1" '{ "io.modelcontextprotocol/clientCapabilities": $c }'; }

# How the last answer ended: text of a result, keys of questions, code of an error.
ending() {
	final 'if .error then "error \(.error.code)" elif .result.resultType == "input_required"
		then "asks " + (.result.inputRequests | keys | join(" "))
		else (if .result.isError then "isError " else "" end) + ([.result.content[]?.text] | join("\n")) end'
}
