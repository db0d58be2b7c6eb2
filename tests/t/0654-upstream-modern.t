#!/bin/bash
# A Sallyport behind a Sallyport: an upstream of 2026-07-28, for clients of both eras and generations.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/twin.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs_everything
start_postgres && migrate access_token_ttl=3600 source_allow="127.0.0.0/8 ::1/128" &&
	sallyport catalog apply "$top_srcdir/catalogs/conformance" >"$sv_log/catalog.log" 2>&1 || exit 1
add_user alice
start_httpd nginx || exit 1
# the other side has its own processes; the token for it stands in the environment of ours
CREDENTIAL_MODERN=$(token_for alice resource="$issuer/mcp/conformance")
export CREDENTIAL_MODERN
sv_env+=("CREDENTIAL_MODERN=$CREDENTIAL_MODERN")
secret "$CREDENTIAL_MODERN"
stop_workers
start_workers && start_twin || exit 1
apply_upstream >/dev/null <<END || exit 1
kind: upstream
name: modern
url: http://localhost:$twin_port/mcp/conformance
allow: [127.0.0.0/8, "::1/128"]
headers: {Authorization: "Bearer \${env:CREDENTIAL_MODERN}"}
tier: public
prompts: true
resources: true
timeout: 30s
END
note "$(grep -v '^added' "$T/out")"
token=$(token_for alice)
SP_TEST_TOKEN=$token run_node clients/upstream.mjs v2 "$issuer/mcp" modern
