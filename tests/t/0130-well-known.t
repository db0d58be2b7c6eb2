#!/bin/bash
# /.well-known/*: the documents of RFC 8414, OpenID Connect Discovery, RFC 9728 and RFC 7517.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
httpd=${HTTPD:-nginx}
start_oauth || exit 1
keep

# document NAME PATH...: 200, JSON, for any origin, without an unwanted Location
document() {
	is "$1" "200 application/json * public, max-age=300" \
		"$(get "$2") $(header Content-Type) $(header Access-Control-Allow-Origin) $(header Cache-Control)"
}

# ---- the authorization server ----

as=/.well-known/oauth-authorization-server
document "the authorization server's document" $as
is "issuer" "$issuer" "$(json .issuer)"
is "endpoints" "/authorize /token /register /revoke /.well-known/jwks.json" "$(json \
	'[.authorization_endpoint, .token_endpoint, .registration_endpoint, .revocation_endpoint, .jwks_uri]
	 | map(ltrimstr("'"$issuer"'")) | join(" ")')"
is "what it does" '["code"] ["query"] ["S256"] true true' "$(json '[.response_types_supported, .response_modes_supported,
	.code_challenge_methods_supported, .authorization_response_iss_parameter_supported,
	.client_id_metadata_document_supported] | map(tojson) | join(" ")')"
is "grant types, refresh_token among them" "authorization_code refresh_token client_credentials" \
	"$(json '.grant_types_supported | join(" ")')"
is "client authentication, none among it" "none client_secret_basic client_secret_post" \
	"$(json '.token_endpoint_auth_methods_supported | join(" ")')"
is "scopes of all resources, and offline_access" "notes:read notes:write notes:delete search:run offline_access" \
	"$(json '.scopes_supported | join(" ")')"
is "its resources" "$issuer/mcp $issuer/mcp/search" "$(json '.protected_resources | join(" ")')"
is "no member is null" 0 "$(json '[.. | select(. == null)] | length')"
like "no member is there twice" '^0$' "$(jq -n --stream 'reduce inputs as $i ({}; if ($i | length) == 2 then .[$i[0] | tojson] += 1 else . end)
	| [.[] | select(. > 1)] | length' <"$T/answer.body")"
cp "$T/answer.body" "$T/as.json"

for path in $as/mcp $as/mcp/search /mcp$as /mcp/search$as; do
	is "$path is the same" "200 same" "$(get "$path") $(cmp -s "$T/as.json" "$T/answer.body" && echo same)"
done

openid=/.well-known/openid-configuration
document "OpenID Connect Discovery's document" $openid
is "has what clients of that specification insist on" "public ES256 $issuer/.well-known/jwks.json" \
	"$(json '[.subject_types_supported[0], .id_token_signing_alg_values_supported[0], .jwks_uri] | join(" ")')"
is "and says the same" "$(jq -cS . "$T/as.json")" \
	"$(jq -cS 'del(.subject_types_supported, .id_token_signing_alg_values_supported)' "$T/answer.body")"
is "behind the resource's path, too" 200 "$(get /mcp/search$openid)"

# ---- protected resources ----

pr=/.well-known/oauth-protected-resource
for path in $pr $pr/mcp /mcp$pr; do
	document "$path" "$path"
	is "$path: the URL, byte for byte" "$issuer/mcp" "$(json .resource)"
done
is "its authorization server" "$issuer" "$(json '.authorization_servers | join(" ")')"
is "its scopes" "notes:read notes:write notes:delete" "$(json '.scopes_supported | join(" ")')"
is "its name" Notes "$(json .resource_name)"
is "tokens come in the header" '["header"]' "$(json '.bearer_methods_supported | tojson')"
for path in $pr/mcp/search /mcp/search$pr; do
	document "$path" "$path"
	is "$path: another resource" "$issuer/mcp/search search:run" "$(json '[.resource, .scopes_supported[]] | join(" ")')"
done

# ---- keys ----

is "the keys" "200 application/jwk-set+json" "$(get /.well-known/jwks.json) $(header Content-Type)"
is "an active one and the next" 2 "$(json '.keys | length')"
is "each with its kid, for signatures" "ES256 sig 43 ES256 sig 43" \
	"$(json '[.keys[] | .alg, .use, (.kid | length)] | map(tostring) | join(" ")')"
is "and nothing private" "[]" "$(json '[.keys[] | keys[] | select(IN("d", "p", "q", "dp", "dq", "qi", "k"))] | tojson')"

# ---- W1, W5: what the request says of us is not believed ----

for header in 'Host: evil.example' 'X-Forwarded-Host: evil.example' 'X-Forwarded-Proto: https' 'X-Forwarded-Prefix: /evil' \
	'Forwarded: host=evil.example;proto=https' 'X-Original-URL: /evil' 'X-Forwarded-Port: 1'; do
	for path in $as $pr; do
		get "$path" >"$T/plain.status"
		cp "$T/answer.body" "$T/plain"
		is "$path with $header" "200 same" "$(get "$path" -H "$header") $(cmp -s "$T/plain" "$T/answer.body" && echo same)"
	done
done

# ---- W2, W3: unknown suffixes ----

nothing() {
	local got
	got=$(get "$1")
	case $got in
	404) got+=" $(json '.error // "other"')" ;;		# ours
	400 | 403 | 414 | 431) got="404 not_found" ;;		# the web server's, or the gate's
	esac
	is "$1 is nothing" "404 not_found" "$got"
}
for path in $as/ $as/nowhere $as/mcp/ $as/mcp/nowhere $as/MCP $as/mcp/search/x $pr/ $pr/nowhere $pr/mcp/ $pr/search \
	/.well-known/nothing; do
	nothing "$path"
done
for path in $as/../jwks.json $as//mcp $as%2fmcp $as/%6dcp $as%00 "$pr/mcp%00" "$pr/mcp;x" "$pr/$(printf '%08000d' 0)"; do
	got=$(get "$path")
	like "${path:0:60} is no document" '^(400|403|404|414|431)$' "$got"
done
is "a query changes nothing" "200 same" "$(get "$as?x=1") $(cmp -s "$T/as.json" "$T/answer.body" && echo same)"

# ---- W4, W6: methods ----

for method in POST DELETE PUT PATCH; do
	is "$method: 405 with Allow" "405 GET, HEAD, OPTIONS" "$(request $method $as -d '') $(header Allow)"
done
# some web servers drop the length of an answer without a body
[ "$httpd" != nginx ] ||
	is "HEAD, with the length that GET has" "200 $(stat -c %s "$T/as.json")" "$(request HEAD $as) $(header Content-Length)"
is "OPTIONS for another origin" "204 * GET, HEAD, OPTIONS" "$(request OPTIONS $as -H 'Origin: https://app.example' \
	-H 'Access-Control-Request-Method: GET') $(header Access-Control-Allow-Origin) $(header Access-Control-Allow-Methods)"
is "credentials are not for other origins" "" "$(header Access-Control-Allow-Credentials)"

# ---- W7: caches ----

get $as >/dev/null
etag=$(header ETag)
is "If-None-Match: 304" "304 $etag" "$(get $as -H "If-None-Match: $etag") $(header ETag)"
is "another ETag: 200" 200 "$(get $as -H 'If-None-Match: "x"')"
[ "$httpd" = lighttpd ] ||		# which cuts answers by itself
	is "a range is answered whole" "200 same" "$(get $as -H 'Range: bytes=0-9') $(cmp -s "$T/as.json" "$T/answer.body" && echo same)"

# ---- what is known by heart costs no round trip ----

case $httpd in
cgi) skip "plain CGI knows nothing by heart" 2 ;;
*)
	get $as >/dev/null
	is "a document costs no round trip" 0 "$(round_trips)"
	get /.well-known/jwks.json >/dev/null
	is "nor do the keys" 0 "$(round_trips)"
	;;
esac

# ---- changes arrive, and W8: the database goes away ----

sallyport key rotate >/dev/null
rotated() {
	get /.well-known/jwks.json >/dev/null
	[ "$(json '.keys | length')" = 3 ]
}
ok "a new key is published within a second" sv_until 1 rotated
sql "INSERT INTO sallyport.resource (name, title, scopes) VALUES ('fresh', 'Fresh', '{}')" >/dev/null
fresh() {
	[ "$(get $pr/mcp/fresh)" = 200 ]
}
ok "a new resource, too" sv_until 1 fresh
is "without scopes the list is empty, and there" "[]" "$(json '.scopes_supported | tojson')"
sql "DELETE FROM sallyport.resource WHERE name = 'fresh'" >/dev/null
keep
case $httpd in
cgi) skip "plain CGI needs the database" 4 ;;
*)
	stop_postgres
	for path in $as $pr /.well-known/jwks.json; do
		is "without the database: $path" 200 "$(get "$path")"
	done
	start_postgres
	is "and with it again" 200 "$(get $as)"
	;;
esac

# ---- only what is switched on ----

settings registration=false client_metadata_documents=false signing_alg=EdDSA
stop_workers
start_httpd_again() {
	sv_httpd_stop
	start_httpd "$httpd"
}
start_httpd_again
is "without registration there is no endpoint" "200 null" "$(get $as) $(json '.registration_endpoint | tojson')"
is "nor are metadata documents offered" false "$(json .client_id_metadata_document_supported)"
is "the algorithm is the one that signs" EdDSA "$(get $openid >/dev/null; json '.id_token_signing_alg_values_supported[0]')"
done_oauth
