# oauth.sh - what the tests of the OAuth endpoints share; sourced after sallyport.sh
#
#	start_oauth                     PostgreSQL, two resources with scopes, the web server, alice
#	keep                            from here on, the state must not change
#	sweep                           what has run out is deleted now, and at no other time
#	refused NAME STATUS ERROR COMMAND...   an OAuth error as JSON, and nothing has changed
#	page NAME STATUS COMMAND...     an error page, no redirect, and nothing has changed
#	told NAME ERROR COMMAND...      a redirect to the client with error, state and iss
#	audited EVENT OUTCOME           the last request's row
#	done_oauth                      the invariants hold, no secret is in the database
#
# shellcheck shell=bash

# start_oauth [SETTING=VALUE]...
start_oauth() {
	start_postgres && migrate "$@" || return 1
	sql "INSERT INTO sallyport.scope VALUES ('notes:read', 'Read your notes'), ('notes:write', 'Write notes');
	     UPDATE sallyport.resource SET title = 'Notes', scopes = '{notes:read,notes:write,notes:delete}',
	            default_scopes = '{notes:read}' WHERE name = '';
	     INSERT INTO sallyport.resource (name, title, scopes) VALUES ('search', 'Search', '{search:run}')" || return 1
	hold_sweeps || return 1
	start_httpd "${HTTPD:-nginx}" || return 1
	add_user alice
}

# manual_client NAME [OPTION OF client add]...: prints the client_id; its secret is in $T/secret.NAME.
manual_client() {
	local name=$1
	shift
	sallyport client add "$name" "$@" --json >"$T/client.json" 2>>"$sv_log/command.log" || return 1
	jq -r '.client_secret // ""' "$T/client.json" >"$T/secret.$name"
	secret "$(cat "$T/secret.$name")"
	jq -r .client_id "$T/client.json"
}

secret_of() {
	cat "$T/secret.$1"
}

# ---- what stays as it is ----

keep() {
	state=$(db_checksum)
}

# Programs sweep when they like, which changes the state.  Who sweeps has this lock; a
# session of ours keeps it (until PostgreSQL is stopped).
sweep_lock=7281934500001

sweep_holder() {
	sql "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
	      WHERE locktype = 'advisory' AND granted AND application_name = 'sweep holder'"
}

hold_sweeps() {
	# of a shell that has gone: nobody waits for it
	(PGAPPNAME='sweep holder' sql "SELECT pg_advisory_lock($sweep_lock); SELECT pg_sleep(86400)" >/dev/null 2>&1 &)
	sv_until 10 eval '[ "$(sweep_holder)" = 1 ]'
}

sweep() {
	sql "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sweep holder'" >/dev/null
	sallyport sweep >/dev/null
	hold_sweeps
}

# tamper SQL: changes rows as no program does; the invariants are told.
tamper() {
	sql "BEGIN; $1; INSERT INTO sallyport.audit (event, outcome) VALUES ('test', 'ok'); COMMIT"
}

# Prints what is wrong with the last answer besides its status: headers that every answer
# has, and a state that has changed.
faults() {
	local now
	[ "$(header Cache-Control)" = no-store ] || echo "Cache-Control: $(header Cache-Control)"
	[ "$(header X-Content-Type-Options)" = nosniff ] || echo "X-Content-Type-Options: $(header X-Content-Type-Options)"
	like_quiet '^[A-Za-z0-9_-]{22}$' "$(header X-Request-Id)" || echo "X-Request-Id: $(header X-Request-Id)"
	now=$(db_checksum)
	[ "$now" = "$state" ] || echo "the state has changed"
	state=$now
}

like_quiet() {
	[[ $2 =~ $1 ]]
}

# A command that prints a status, and perhaps more before it.
last_status() {
	local output
	output=$("$@")
	echo "${output##*$'\n'}"
}

# refused NAME STATUS ERROR COMMAND...; a STATUS of 4xx takes any of them.
refused() {
	local name=$1 status=$2 error=$3 got faults
	shift 3
	got=$(last_status "$@")
	faults=$(faults
		like_quiet '^application/json' "$(header Content-Type)" || echo "Content-Type: $(header Content-Type)"
		[ -z "$(header Location)" ] || echo "Location: $(header Location)")
	# what a description may say: RFC 6749 section 5.2
	is "$name" "$status $error" "$got $(json 'if (.error_description // "") | test("[^ -~]|[\"\\\\<>]") then "a description that cannot be" else
		.error // "no error" end')${faults:+ ($faults)}"
}

# page NAME STATUS COMMAND...
page() {
	local name=$1 status=$2 got faults
	shift 2
	got=$(last_status "$@")
	faults=$(faults
		like_quiet '^text/html' "$(header Content-Type)" || echo "Content-Type: $(header Content-Type)"
		[ -z "$(header Location)" ] || echo "Location: $(header Location)"
		page_faults)
	is "$name" "$status" "$got${faults:+ ($faults)}"
}

# What every page has: promise A28.
page_faults() {
	like_quiet "frame-ancestors 'none'" "$(header Content-Security-Policy)" || echo "it can be framed"
	! like_quiet "script-src|unsafe-inline" "$(header Content-Security-Policy)" || echo "scripts may run"
	[ "$(header X-Frame-Options)" = DENY ] || echo "no X-Frame-Options"
	[ "$(header Referrer-Policy)" = no-referrer ] || echo "no Referrer-Policy"
	! grep -qi '^access-control' "$T/answer.headers" || echo "other origins may read it"
	! grep -qi '<script' "$T/answer.body" || echo "a script"
}

# told NAME ERROR COMMAND...: the redirect goes to $redirect_uri and carries state st-1
# unless told_state says otherwise.
told() {
	local name=$1 error=$2 got faults
	shift 2
	got=$(last_status "$@")
	faults=$(faults
		case $(header Location) in "$redirect_uri?"*) ;; *) echo "Location: $(header Location)" ;; esac
		[ "$(location_parameter state)" = "${told_state-st-1}" ] || echo "state: $(location_parameter state)"
		[ "$(location_parameter iss)" = "$issuer" ] || echo "iss: $(location_parameter iss)"
		[ -z "$(location_parameter code)" ] || echo "a code")
	is "$name" "303 $error" "$got $(location_parameter error)${faults:+ ($faults)}"
}

# The last audit row of the last request's id: "event outcome client_id why".
audited() {
	sql "SELECT concat_ws(' ', event, outcome, detail->>'error', detail->>'why') FROM sallyport.audit
	      WHERE request_id = '$(header X-Request-Id)' ORDER BY audit_id DESC LIMIT 1"
}

# logged MEMBER: a number of the last request's line in the log.
logged() {
	local id
	id=$(header X-Request-Id)
	sv_until 10 grep -q "\"$id\".*\"event\":\"http\"" "$sv_log"/*.log
	grep -h "\"$id\".*\"event\":\"http\"" "$sv_log"/*.log | sed "s/.*\"$1\":\([0-9]*\).*/\1/"
}

# How often it waited for the database.
round_trips() {
	logged db_round_trips
}

# How many milliseconds it took in the program, whatever the test does around it.
took() {
	logged ms
}

# rounds [N]: the same, without what a program that is started for one request asks for first:
# N statements for what others know by heart, 1 (the signing keys) where it is not said.
rounds() {
	case ${HTTPD:-nginx} in
	*cgi) echo $(($(round_trips) - ${1:-1})) ;;
	*) round_trips ;;
	esac
}

# same_window SECONDS [LEFT]: what is counted comes in windows of the clock; none ends within
# the next minute (or LEFT seconds).
same_window() {
	local left=$(($1 - $(date +%s) % $1))
	[ "$left" -gt "${2:-60}" ] || sleep $((left + 1))
}

# ---- asking ----

# ask [NAME=VALUE]...: an authorization request of $client, in the browser $jar.
ask() {
	local url
	url=$(authorize_url "$client" "$@")
	ask_raw "${url#*\?}"
}

# ask_raw QUERY: the query as it stands there.
ask_raw() {
	local how=(GET "/authorize?$1")
	case ${HTTPD:-nginx}:${1,,} in
	# lighttpd refuses control bytes, and bytes that are not UTF-8, in a URL by itself: as a form they come through
	lighttpd*:*%[01][0-9a-f]* | lighttpd*:*%7f* | lighttpd*:*%c0* | lighttpd*:*%ff*)
		how=(POST /authorize -H 'Content-Type: application/x-www-form-urlencoded' --data-raw "$1")
		;;
	esac
	request "${how[@]}" -b "${jar:-/dev/null}" ${jar:+-c "$jar"}
}

# token NAME=VALUE...
token() {
	post_form /token "$@"
}

# basic ID SECRET: the arguments of curl for Basic credentials, form-encoded as RFC 6749 section 2.3.1 says
basic() {
	printf 'Authorization: Basic %s' "$(printf '%s:%s' "$(urlencode "$1")" "$(urlencode "$2")" | base64 -w 0)"
}

# live_tokens GRANT: refresh tokens that could still be used.
live_tokens() {
	sql "SELECT count(*) FROM sallyport.refresh_token t JOIN sallyport.grants g USING (grant_id)
	      WHERE g.grant_id = '$1' AND t.used_at IS NULL AND t.expires_at > now() AND g.revoked_at IS NULL"
}

# The grant that was made last.
last_grant() {
	sql "SELECT grant_id FROM sallyport.grants ORDER BY created_at DESC LIMIT 1"
}

# ---- the end ----

done_oauth() {
	is_empty "the invariants hold" "$(sql "$(cat "$top_srcdir/tests/sql/invariants.sql")")"
	is_empty "no secret is in the database" "$("$(sv_postgres_bin)/pg_dump" -h "$T/postgres" -U postgres --data-only \
		sallyport | grep -nF -f "$T/secrets" | cut -c1-200)"
	done_testing
}
