#!/bin/bash
# An issuer with a path: everything is below it, and the well-known documents have it
# behind their names (RFC 8414 section 3.1, RFC 9728 section 3.1).
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"

# the example with all locations below /team/one, as its comment says
mkdir "$T/examples"
sed -E 's,location (= )?/(authorize|token|revoke|register|mcp|health|ready),location \1/team/one/\2,
	s,\^/mcp/,^/team/one/mcp/,
	s,location /\.well-known/(.*),&\n\tlocation /team/one/.well-known/\1,' "$sv_examples/nginx.conf" >"$T/examples/nginx.conf"
sv_examples=$T/examples
sv_port=$(free_port)
HTTPD=nginx start_oauth issuer="http://localhost:$sv_port/team/one" || exit 1
origin=http://localhost:$sv_port
issuer=$origin/team/one

# What the library asks for is below the issuer; what already is, and well-known documents, as they are.
eval "$(declare -f request | sed '1s/^request/request_at_root/')"
request() {
	local method=$1 url=$2
	shift 2
	case $url in /team/* | /.well-known/* | http*) ;; *) url=/team/one$url ;; esac
	request_at_root "$method" "$url" "$@"
}

# ---- discovery: from the challenge to the endpoints ----

is "no token" 401 "$(mcp_token='' call_mcp tools/list)"
metadata=$(header WWW-Authenticate | sed -n 's/.*resource_metadata="\([^"]*\)".*/\1/p')
is "the challenge names the resource's document" "$origin/.well-known/oauth-protected-resource/team/one/mcp" "$metadata"
is "which is there" "200 $issuer/mcp $issuer" "$(get "$metadata") $(json '[.resource, .authorization_servers[0]] | join(" ")')"
for url in "$origin/.well-known/oauth-authorization-server/team/one" "$origin/.well-known/openid-configuration/team/one" \
	"$issuer/.well-known/openid-configuration" "$issuer/.well-known/oauth-authorization-server" \
	"$origin/.well-known/oauth-authorization-server/team/one/mcp"; do
	is "the server's document: ${url#"$origin"}" "200 $issuer" "$(get "$url") $(json .issuer)"
done
is "all endpoints are below the issuer" "true" \
	"$(json '[to_entries[] | select(.key | endswith("_endpoint") or . == "jwks_uri") | .value | startswith($base)] | all' --arg base "$issuer/")"
is "the keys" 200 "$(get "$issuer/.well-known/jwks.json")"
is "the index" "200 $issuer/mcp $issuer/token" "$(get "$issuer/") $(json '"\(.servers[0].mcp) \(.endpoints.token)"')"
is "another resource" "200 $issuer/mcp/search" "$(get /.well-known/oauth-protected-resource/team/one/mcp/search) $(json .resource)"
for path in /.well-known/oauth-authorization-server /.well-known/oauth-authorization-server/team /.well-known/oauth-authorization-server/team/onemore \
	/.well-known/oauth-protected-resource /.well-known/oauth-protected-resource/mcp /.well-known/team/one /.well-known/jwks.json \
	/.well-known/oauth-authorization-server/team/one/nothing /team/one/.well-known/team/one/jwks.json; do
	is "not ours: $path" 404 "$(request_at_root GET "$path")"
done

# ---- the flow ----

client=$(register_client)
like "registration" '^.{20,}$' "$client"
get "$(authorize_url "$client")" -c "$T/cookies" >/dev/null
is "the form is sent to here" /team/one/authorize "$(page_form >/dev/null; cat "$T/answer.action")"
like "its cookie is for here" 'Path=/team/one; ' "$(header Set-Cookie)"
code=$(authorize_as alice "$client" resource="$issuer")
is "the answer says who we are" "$issuer" "$(location_parameter iss)"
is "a code buys a token" 200 "$(redeem "$code")"
is "for this resource, by its issuer" "$issuer/mcp $issuer" "$(access_token | cut -d. -f2 | jq -Rr 'gsub("-"; "+") | gsub("_"; "/") | @base64d' 2>/dev/null | jq -r '[.aud, .iss] | flatten | join(" ")')"
is "which works" 200 "$(call_mcp tools/list)"
is "and is refreshed" 200 "$(refresh)"
is "and revoked" 200 "$(post_form /revoke token="$(refresh_token)" client_id="$client")"
is "doctor finds nothing" "" "$(sallyport doctor 2>&1 | grep '^FAIL' | grep -v 'tools: 0')"
done_oauth
