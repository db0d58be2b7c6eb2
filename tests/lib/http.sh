# http.sh - talking to the Sallyport of a test; sourced by sallyport.sh
#
# Every function that makes a request prints the status code and leaves the
# answer in $T/answer.* for body, header and json, so that it also works inside
# $( ).  Tokens, codes and passwords that pass are remembered as secrets.
# shellcheck shell=bash

# RFC 7636 appendix B: any fixed verifier will do where one browser is tested at a time.
code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
redirect_uri=http://127.0.0.1/callback

# request METHOD PATH|URL [CURL OPTION]...
request() {
	local method=$1 url=$2
	shift 2
	[ "${url#/}" = "$url" ] || url=http://localhost:$sv_port$url
	# --path-as-is: curl would tidy the paths that we want refused
	if [ "$method" = HEAD ]; then set -- --head "$@"; else set -- -X "$method" "$@"; fi
	curl -s --path-as-is --max-time 20 -D "$T/answer.headers" -o "$T/answer.body" -w '%{http_code}' "$@" "$url" || echo " curl: $?"
}

get() {
	request GET "$@"
}

# post_form PATH [NAME=VALUE]... [-- CURL OPTION...]: values are encoded here.
post_form() {
	local path=$1 data=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		data+=(--data-urlencode "$1")
		shift
	done
	[ $# -eq 0 ] || shift
	[ "${#data[@]}" -gt 0 ] || data=(-d '')
	request POST "$path" "${data[@]}" "$@"
}

# post_json PATH JSON [CURL OPTION]...
post_json() {
	local path=$1 json=$2
	shift 2
	request POST "$path" -H 'Content-Type: application/json' --data-binary "$json" "$@"
}

body() {
	cat "$T/answer.body" 2>/dev/null
}

# header NAME: all values, one a line.
header() {
	local line name=${1,,}
	while IFS= read -r line; do
		line=${line%$'\r'}
		case ${line,,} in
		"$name":*) ;;
		*) continue ;;
		esac
		line=${line#*:}
		printf '%s\n' "${line#"${line%%[![:space:]]*}"}"
	done <"$T/answer.headers"
}

# json FILTER [JQ OPTION]...: of the last body, strings without quotes.
json() {
	local filter=$1
	shift
	jq -r "$@" "$filter" "$T/answer.body" 2>&1
}

# Processes are what a test spends its time on, jq most of all: what is asked often
# does without.

# encode TEXT: percent-encoded, in `encoded`.
encode() {
	local LC_ALL=C text=$1 byte i
	encoded=
	for ((i = 0; i < ${#text}; i++)); do
		byte=${text:i:1}
		case $byte in
		[A-Za-z0-9._~-]) encoded+=$byte ;;
		*)
			printf -v byte %d "'$byte"
			printf -v byte %%%02X $((byte & 255))
			encoded+=$byte
			;;
		esac
	done
}

urlencode() {
	local encoded
	encode "$1"
	echo "$encoded"
}

# add_members OBJECT MEMBERS: JSON text of an object that has none of them.
add_members() {
	local open=${1%"${1##*[![:space:]]}"}
	open=${open%\}}
	if [[ $open =~ ^[[:space:]]*\{[[:space:]]*$ ]]; then echo "{$2}"; else echo "$open,$2}"; fi
}

# ---- people and clients ----

password_of() {
	echo "correct horse $1 staple"
}

# add_user NAME [OPTION OF user add]...
add_user() {
	local name=$1
	shift
	secret "$(password_of "$name")"
	password_of "$name" | tr -d '\n' | sallyport user add "$name" --password-stdin "$@" >>"$sv_log/command.log" 2>&1
}

# register_client [MEMBERS, as jq writes them]: dynamic registration (RFC 7591); prints the client_id.
register_client() {
	local client='{"client_name":"Test client","redirect_uris":["'$redirect_uri'"],"token_endpoint_auth_method":"none",
		"grant_types":["authorization_code","refresh_token"]}' id
	[ $# -eq 0 ] || client=$(jq -c ". + $1" <<<"$client")
	post_json /register "$client" >/dev/null
	{ read -r id; read -r client; } < <(json '.client_id, .client_secret // ""')
	secret "$client"
	echo "$id"
}

# ---- sign-in and consent ----

# page_form: the last page's form, as lines of URL-encoded hidden fields; its
# target is in $T/answer.action.
page_form() {
	perl -0777 -ne '
		sub plain { my $s = shift; my %c = (amp => "&", lt => "<", gt => ">", quot => "\"", "#39" => "\x27", "#x27" => "\x27");
			$s =~ s/&(amp|lt|gt|quot|#39|#x27);/$c{$1}/g; $s }
		sub attribute { my ($tag, $name) = @_; $tag =~ /\s$name="([^"]*)"/ ? plain($1) : undef }
		my ($open, $inside) = /(<form\b[^>]*>)(.*?)<\/form>/s or exit;
		print "action ", attribute($open, "action") // "", "\n";
		while ($inside =~ /(<input\b[^>]*>)/g) {
			my $tag = $1;
			next unless (attribute($tag, "type") // "") eq "hidden";
			my $value = attribute($tag, "value") // "";
			$value =~ s/([^A-Za-z0-9._~-])/sprintf("%%%02X", ord $1)/ge;
			print "field ", attribute($tag, "name"), "=", $value, "\n";
		}' "$T/answer.body" >"$T/answer.form"
	sed -n 's/^action //p' "$T/answer.form" >"$T/answer.action"
	sed -n 's/^field //p' "$T/answer.form"
}

# page_submit JAR NAME=VALUE...: fills and sends the last page's form, as a browser would.
page_submit() {
	local jar=$1 hidden=() field action
	shift
	while read -r field; do hidden+=(-d "$field"); done < <(page_form)
	action=$(cat "$T/answer.action")
	post_form "${action:-/authorize}" "$@" -- "${hidden[@]}" -b "$jar" -c "$jar" \
		-H "Origin: http://localhost:$sv_port"
}

# authorize_url CLIENT [NAME=VALUE]...: path and query; what is given wins over the usual
# parameters, NAME= leaves one out.
authorize_url() {
	local -A value=([response_type]=code [client_id]=$1 [redirect_uri]=$redirect_uri [state]=st-1
		[code_challenge]=$code_challenge [code_challenge_method]=S256)
	local names=(response_type client_id redirect_uri state code_challenge code_challenge_method) name given encoded query=
	shift
	for given; do
		name=${given%%=*}
		[ -n "${value[$name]+there}" ] || names+=("$name")
		value[$name]=${given#*=}
	done
	for name in "${names[@]}"; do
		[ -n "${value[$name]}" ] || continue
		encode "${value[$name]}"
		query+="&$name=$encoded"
	done
	echo "/authorize?${query#&}"
}

# open_consent USER CLIENT [NAME=VALUE]...: as the user's browser, signing in where it is
# asked; prints the status of the page (or redirect) that comes after it.
open_consent() {
	local user=$1 client=$2 status jar=$T/browser.$1
	shift 2
	touch "$jar"
	status=$(get "$(authorize_url "$client" "$@")" -b "$jar" -c "$jar")
	status=$(follow "$jar" "$status")
	if [ "$status" = 200 ] && grep -q 'name="password"' "$T/answer.body"; then
		status=$(page_submit "$jar" username="$user" password="$(password_of "$user")")
		status=$(follow "$jar" "$status")
	fi
	echo "$status"
}

# follow JAR STATUS: redirects within Sallyport.
follow() {
	local jar=$1 status=$2 to
	while [ "$status" = 303 ] || [ "$status" = 302 ]; do
		to=$(header Location)
		case $to in
		/*) ;;
		"http://localhost:$sv_port"/*) ;;
		*) break ;;
		esac
		status=$(get "$to" -b "$jar" -c "$jar")
	done
	echo "$status"
}

# location_parameter NAME: of the last redirect.
location_parameter() {
	header Location | sed -n "s/^[^?]*?\(.*&\)\{0,1\}$1=\([^&#]*\).*/\2/p" | sed 's/+/ /g; s/%/\\x/g' | xargs -0 printf '%b' | tr -d '\n'
}

# authorize_as USER CLIENT [NAME=VALUE]...: signs in, allows, prints the code (nothing when none came).
authorize_as() {
	local code
	open_consent "$@" >/dev/null
	if grep -q 'name="decision"' "$T/answer.body" 2>/dev/null; then
		page_submit "$T/browser.$1" decision=allow >/dev/null
	fi
	code=$(location_parameter code)
	secret "$code"
	echo "$code" | tee "$T/code"
	echo "$2" >"$T/client"
}

# ---- tokens ----

keep_tokens() {
	local status=$1
	if [ "$status" = 200 ]; then
		json '.access_token // "", .refresh_token // ""' >"$T/tokens"
		sed -n 1p "$T/tokens" >"$T/access_token"
		sed -n 2p "$T/tokens" >"$T/refresh_token"
		secret "$(cat "$T/access_token")" "$(cat "$T/refresh_token")"
	fi
	echo "$status"
}

access_token() {
	cat "$T/access_token" 2>/dev/null
}

refresh_token() {
	cat "$T/refresh_token" 2>/dev/null
}

# redeem CODE [NAME=VALUE]...: the client is the one that authorize_as used; prints the status.
redeem() {
	local code=$1
	shift
	keep_tokens "$(post_form /token grant_type=authorization_code code="$code" redirect_uri="$redirect_uri" \
		code_verifier="$code_verifier" client_id="$(cat "$T/client")" "$@")"
}

# refresh [TOKEN [NAME=VALUE]...]: the last one when none is given.
refresh() {
	local token=${1:-$(refresh_token)}
	[ $# -eq 0 ] || shift
	keep_tokens "$(post_form /token grant_type=refresh_token refresh_token="$token" client_id="$(cat "$T/client")" "$@")"
}

# token_for USER [NAME=VALUE]...: the whole flow with a new client; prints the access token.
token_for() {
	local user=$1 client code
	shift
	client=$(register_client)
	code=$(authorize_as "$user" "$client" "$@")
	redeem "$code" >/dev/null
	access_token
}

# ---- MCP ----

# call_mcp METHOD [PARAMS [CURL OPTION]...]: protocol 2026-07-28 with the last access token.
# mcp_token, mcp_path and mcp_version change what is sent.
call_mcp() {
	local method=$1 params=${2:-"{}"} name version=${mcp_version:-2026-07-28} token=${mcp_token-$(access_token)} meta
	[ $# -lt 2 ] || shift
	shift
	name=$(mcp_name "$params")
	meta='"io.modelcontextprotocol/protocolVersion":"'$version'",
		"io.modelcontextprotocol/clientInfo":{"name":"tests","version":"1"},
		"io.modelcontextprotocol/clientCapabilities":{}'
	case $params in
	*'"_meta"'*) params=$(jq -c "._meta = {$meta} + ._meta" <<<"$params") ;;
	*) params=$(add_members "$params" "\"_meta\":{$meta}") ;;
	esac
	post_json "${mcp_path:-/mcp}" '{"jsonrpc":"2.0","id":1,"method":"'"$method"'","params":'"$params}" \
		-H 'Accept: application/json, text/event-stream' -H "MCP-Protocol-Version: $version" \
		-H "Mcp-Method: $method" ${name:+-H "Mcp-Name: $name"} ${token:+-H "Authorization: Bearer $token"} "$@"
}

# mcp_name PARAMS: what the header Mcp-Name says about them.
mcp_name() {
	local first='^[[:space:]]*\{[[:space:]]*"(name|uri)"[[:space:]]*:[[:space:]]*"([^"\]*)"'
	if [[ $1 =~ $first ]] && { [ "${BASH_REMATCH[1]}" = name ] || [[ $1 != *'"name"'* ]]; }; then
		echo "${BASH_REMATCH[2]}"
	elif [[ $1 = *'"name"'* || $1 = *'"uri"'* ]]; then
		jq -r '.name // .uri // ""' <<<"$1"
	fi
}

# call_tool NAME [ARGUMENTS]: prints the status; the text of the answer is in tool_text.
call_tool() {
	call_mcp tools/call '{"name":"'"$1"'","arguments":'"${2:-"{}"}}"
}

tool_text() {
	json '[.result.content[]? | select(.type == "text") | .text] | join("\n")'
}
