#!/bin/bash
# /register: how many, for how long, and not at all.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$(dirname "$0")/../lib/oauth.sh"
start_oauth registrations_per_hour=10 client_unused_ttl=3600 trusted_proxies=127.0.0.0/8 || exit 1

# register_from ADDRESS N: a client that nobody else is
register_from() {
	post_json /register "{\"redirect_uris\":[\"https://app.example/$2\"],\"token_endpoint_auth_method\":\"none\"}" \
		-H "X-Forwarded-For: $1"
}

# swept CLIENT: what the audit says of it would be missed by the invariants.
swept() {
	sql "DELETE FROM sallyport.audit WHERE client_id = '$1'"
}

same_window 3600

# ---- X11: 200 at once at a limit of 10 ----

seq 200 | xargs -P 32 -I '{}' curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' -H 'X-Forwarded-For: 192.0.2.1' \
	--data-binary '{"redirect_uris":["https://app.example/race-{}"],"token_endpoint_auth_method":"none"}' "$issuer/register" |
	sort | uniq -c | awk '{ print $2, $1 }' | paste -sd, >"$T/race"
is "200 at once from one address: ten" "201 10,429 190" "$(cat "$T/race")"
is "and ten rows" 10 "$(sql "SELECT count(*) FROM sallyport.client WHERE kind = 'registered'")"

keep
refused "the next one waits" 429 slow_down register_from 192.0.2.1 next
like "until the window ends" '^[0-9]{1,4}$' "$(header Retry-After)"
is "another address does not" 201 "$(register_from 192.0.2.2 next)"
for n in 1 2 3 4 5 6 7 8 9 10; do
	register_from "2001:db8::$n" "v6-$n" >/dev/null
done
is "an IPv6 network of 64 bits is one address" 429 "$(register_from 2001:db8::ffff:1 v6-11)"
is "the next network is another one" 201 "$(register_from 2001:db8:0:1::1 v6-12)"

sql "INSERT INTO sallyport.rate VALUES ('register', to_timestamp(floor(extract(epoch FROM now()) / 3600) * 3600), 500)
     ON CONFLICT (key, window_start) DO UPDATE SET count = 500"
is "all together are held to fifty times as many" 429 "$(register_from 192.0.2.3 many)"

# ---- what nobody uses goes ----

sql "DELETE FROM sallyport.rate"
register_from 192.0.2.4 old >/dev/null
client=$(json .client_id)
tamper "UPDATE sallyport.client SET expires_at = now() - interval '1 second' WHERE client_id = '$client'"
redirect_uri=https://app.example/old
is "an expired client is not known" "400 invalid_client" "$(ask) $(grep -o invalid_client "$T/answer.body" | head -n 1)"
register_from 192.0.2.4 old >/dev/null
isnt "registered again it is another one" "$client" "$(json .client_id)"
tamper "UPDATE sallyport.client SET expires_at = now() - interval '2 days' WHERE client_id = '$client'"
sweep
swept "$client"
is "and is swept" 0 "$(sql "SELECT count(*) FROM sallyport.client WHERE client_id = '$client'")"

redirect_uri=http://127.0.0.1/callback
client=$(register_client)
like "a client without a token expires" '^3[56]' "$(sql "SELECT extract(epoch FROM expires_at - now())::int FROM sallyport.client WHERE client_id = '$client'")"
redeem "$(authorize_as alice "$client")" >/dev/null
is "with one it does not" "" "$(sql "SELECT expires_at FROM sallyport.client WHERE client_id = '$client'")"
is "registered again it stays" "$client" "$(register_client)"
is "and still does not expire" "" "$(sql "SELECT expires_at FROM sallyport.client WHERE client_id = '$client'")"
tamper "UPDATE sallyport.client SET last_used_at = now() - interval '91 days' WHERE client_id = '$client'"
sweep
is "as long as it has a grant" 1 "$(sql "SELECT count(*) FROM sallyport.client WHERE client_id = '$client'")"
tamper "UPDATE sallyport.refresh_token SET expires_at = now() - interval '2 days'"
tamper "UPDATE sallyport.auth_code SET expires_at = now() - interval '2 days'"
sweep
is "the grant goes with its last token" 0 "$(sql "SELECT count(*) FROM sallyport.grants")"
is "and the client with its last grant" 0 "$(sql "SELECT count(*) FROM sallyport.client WHERE client_id = '$client'")"
swept "$client"

# ---- R16: not at all ----

settings registration=false
stop_workers && sv_httpd_stop && start_httpd "${HTTPD:-nginx}"
keep
refused "registration is switched off" 404 not_found post_json /register '{"redirect_uris":["https://app.example/cb"]}'
client=$(manual_client service --redirect-uri https://app.example/manual --public)
redirect_uri=https://app.example/manual
is "clients made by hand go on" 200 "$(ask)"
done_oauth
