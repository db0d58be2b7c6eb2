#!/bin/bash
# The sallyport command: what each subcommand does, says, and refuses.
. "$(dirname "$0")/../lib/sallyport.sh"

start_postgres && migrate || exit 1

# run EXPECTED-STATUS NAME COMMAND...: output in $out, messages in $err.
run() {
	local expected=$1 name=$2 status
	shift 2
	out=$(sallyport "$@" 2>"$T/err")
	status=$?
	err=$(cat "$T/err")
	is "$name" "$expected" "$status"
}

# ---- usage and settings ----

run 2 "no command: usage" ; like "it lists the commands" 'user +add' "$err"
run 2 "an unknown command is said" bogus; like "by name" 'no command "bogus"' "$err"
run 2 "an unknown option" user list --nonsense; like "usage of that command" '^usage: sallyport user list' "$err"
run 2 "a missing operand" grant revoke
run 2 "an option without its value" user add bob --tier
without_help=$(sallyport --help | sed -n 's/^  \([a-z]*\) *\([a-z]*\)  .*/\1 \2/p' | while read -r group name; do
	# shellcheck disable=SC2086	# one word or two
	SALLYPORT_CONFIG=/nonexistent sallyport $group $name --help 2>&1 | grep -q "^usage: sallyport $group" || echo "$group $name"
done)
is "every command has its --help, without settings, too" "" "$without_help"
SALLYPORT_CONFIG=/nonexistent run 0 "so has a group" client --help; like "it lists its commands" 'client +add' "$out"
unlike "and no others" 'user' "$out"
is "and every other program" "" "$(for program in bin/sallyport-index cgi-bin/{authorize,mcp,register,status,token,well-known}; do
	SALLYPORT_CONFIG=/nonexistent "$top_builddir/$program" --help 2>&1 | grep -qi "^usage" || echo "$program"; done)"
run 0 "--version" --version; like "says the version" '^sallyport [0-9]' "$out"
SALLYPORT_THREADS=many run 1 "a faulty setting" user list
like "is named" 'SALLYPORT_THREADS' "$err"
SALLYPORT_CONFIG=/nonexistent run 1 "a settings file that is not there" user list

# ---- setting up is safe to repeat ----

run 0 "init again" init
is "changes nothing" "ready" "$out"
keys=$(sallyport key list --json | jq -c '[.[] | {kid, state}]')
run 0 "migrate again" migrate
is "the keys are the same" "$keys" "$(sallyport key list --json | jq -c '[.[] | {kid, state}]')"
is "the master key is for its owner alone" 600 "$(stat -c %a "$T/master.key")"

# ---- and it makes all that is not there ----

new="host=$T/postgres dbname=brandnew"
brandnew() {
	SALLYPORT_DATABASE="$new user=sallyport_app" SALLYPORT_ADMIN_DATABASE="$new user=newowner" SALLYPORT_TOOL_ROLE=newtools \
		SALLYPORT_MASTER_KEY_FILE=$T/brandnew.key run 0 "$@"
}
brandnew "init from nothing" init --superuser "host=$T/postgres user=postgres dbname=postgres"
is "applies every migration" "$(cd "$top_srcdir/sql/migrations" && ls *.sql | sed 's/^/applied /; s/.sql$//')" "$(grep '^applied' <<<"$out")"
like "and makes the master key" "made $T/brandnew.key" "$out"
brandnew "which makes two signing keys" key list --json
is "one of them active" "active next" "$(jq -r '[.[].state] | sort | join(" ")' <<<"$out")"
is "a database that only its owner and the programs may use" "newowner f t" "$(sql "SELECT pg_get_userbyid(datdba),
	has_database_privilege('sallyport_tool', datname, 'CONNECT'), has_database_privilege('sallyport_app', datname, 'CONNECT')
	FROM pg_database WHERE datname = 'brandnew'" -F ' ')"
is "and who runs tools as the role that the settings name" t "$(sql "SELECT pg_has_role('sallyport_app', 'newtools', 'MEMBER')")"

# ---- users ----

run_in() {
	local input=$1
	shift
	run "$@" <<<"$input"
}
run_in "a good password" 0 "a user" user add Alice --tier admin --display-name "Alice A." --password-stdin --json
alice=$(jq -r .user_id <<<"$out")
run_in "a good password" 1 "a name is taken, also in other letters" user add aLICE --password-stdin
like "which is said" 'there is a user "aLICE" already' "$err"
run_in "short" 1 "a short password" user add bob --password-stdin
like "is refused with the reason" 'shorter than 8 bytes' "$err"
run 1 "no password" user add bob --password-stdin </dev/null
run 2 "a password as an argument does not exist" user add bob secretsecret
run_in "a good password" 1 "an unknown tier" user add bob --tier emperor --password-stdin
is "nobody was added by what was refused" Alice "$(sallyport user list --json | jq -r '[.[].username] | join(",")')"
is "the password is kept as Argon2id" "\$argon2id\$" "$(sql "SELECT substr(password_hash, 1, 10) FROM sallyport.users")"
before=$(sql "SELECT password_hash FROM sallyport.users")
run_in "another password" 0 "a new password" user passwd alice --password-stdin
isnt "has another hash" "$before" "$(sql "SELECT password_hash FROM sallyport.users")"
run_in "another password" 1 "of nobody" user passwd nobody --password-stdin

# ---- disabling ends what is open ----

sql "INSERT INTO sallyport.client (client_id, kind, grant_types, token_endpoint_auth_method, metadata_sha256)
     VALUES ('c1', 'manual', '{authorization_code}', 'none', '');
     INSERT INTO sallyport.grants (user_id, client_id, resource, scope) VALUES ('$alice', 'c1', '$issuer/mcp', '{a}');
     INSERT INTO sallyport.browser_session VALUES ('x', '$alice', now(), now() + interval '1 hour')"
run 0 "a user is disabled" user disable alice --json
is "one grant ended" 1 "$(jq .revoked <<<"$out")"
is "the session, too" 0 "$(sql "SELECT count(*) FROM sallyport.browser_session")"
is "a revocation tells the resource servers" 1 "$(sql "SELECT count(*) FROM sallyport.revocation")"
run 0 "and enabled" user enable alice
is "what was ended stays ended" 0 "$(sql "SELECT count(*) FROM sallyport.grants WHERE revoked_at IS NULL")"
run 1 "nobody cannot be disabled" user disable nobody

# ---- clients ----

run 0 "a service" client add nightly --grant client_credentials --scope "b a" --resource "$issuer/mcp/" --json
secret "$(jq -r .client_secret <<<"$out")"
service=$(jq -r .client_id <<<"$out")
is "its secret is kept as SHA-256" t "$(sql "SELECT client_secret_sha256 = sha256('$(jq -r .client_secret <<<"$out")') FROM sallyport.client WHERE client_id = '$service'")"
is "the resource is the canonical one" "$issuer/mcp" "$(sallyport client list --json | jq -r --arg id "$service" '.[] | select(.client_id == $id).resource')"
is "and the scopes are a list" '["b","a"]' "$(sallyport client list --json | jq -c --arg id "$service" '.[] | select(.client_id == $id).scope')"
run 0 "a public client" client add app --public --redirect-uri http://127.0.0.1/cb --json
is "has no secret" null "$(jq .client_secret <<<"$out")"
run 1 "a client for people needs a redirect URI" client add app
run 1 "a bad redirect URI" client add app --redirect-uri 'javascript:alert(1)'; like "is refused with the reason" 'scheme' "$err"
run 1 "a public service" client add app --public --grant client_credentials
run 1 "an unknown grant type" client add app --grant password
run 1 "an unknown resource" client add app --grant client_credentials --resource https://elsewhere.example/mcp
run 0 "a client is disabled" client disable "$service"
run 1 "one that is not there" client disable nobody

# ---- keys ----

active=$(sallyport key list --json | jq -r '.[] | select(.state == "active").kid')
next=$(sallyport key list --json | jq -r '.[] | select(.state == "next").kid')
run 0 "a rotation" key rotate --alg EdDSA --json
is "the next key is at work" "$next" "$(jq -r .active_kid <<<"$out")"
is "the former one is published until its tokens are gone" retiring \
	"$(sallyport key list --json | jq -r --arg kid "$active" '.[] | select(.kid == $kid).state')"
is "the new one is next, of the wanted kind" EdDSA "$(sallyport key list --json | jq -r '.[] | select(.state == "next").alg')"
run 1 "an algorithm that is not one" key rotate --alg HS256
is "no private key stands in the table in the clear" 0 \
	"$(sql "SELECT count(*) FROM sallyport.signing_key WHERE public_jwk ? 'd' OR encode(private_sealed, 'escape') LIKE '%\"d\"%'")"
rotations=()
for _ in 1 2 3 4; do
	sallyport key rotate >/dev/null &
	rotations+=($!)
done
wait "${rotations[@]}"
is "rotations at once leave one active and one next" "1 1" \
	"$(sallyport key list --json | jq -r '"\([.[] | select(.state == "active")] | length) \([.[] | select(.state == "next")] | length)"')"

# ---- catalogs ----

mkdir "$T/catalog"
cat >"$T/catalog/10.sql" <<'END'
CREATE OR REPLACE FUNCTION tools.hello(name text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'hello ' || name $$;
GRANT EXECUTE ON FUNCTION tools.hello TO sallyport_tool;
COMMENT ON FUNCTION tools.hello IS E'Hello\nGreets.\n@mcp\n@tier public\n@scope hello';
END
run 0 "a catalog" catalog apply "$T/catalog" --json
is "what is new is shown" "added tool hello" "$(jq -r '.[] | "\(.action) \(.kind) \(.name)"' <<<"$out")"
run 0 "the same again" catalog apply "$T/catalog" --json
is "nothing has changed" "[]" "$out"
is "the list" "hello" "$(sallyport catalog list --json | jq -r '.[].name')"
printf 'SELECT 1;\nCREATE TABLE tools.left_over ();\nSELEC 2;\n' >"$T/catalog/20.sql"
run 1 "a fault in a file" catalog apply "$T/catalog"
like "is told with file and line" '20\.sql:3:' "$err"
is "nothing of it is left" 0 "$(sql "SELECT count(*) FROM pg_tables WHERE tablename = 'left_over'")"
rm "$T/catalog/20.sql"
sql "CREATE FUNCTION tools.bad() RETURNS text LANGUAGE sql AS 'SELECT 1::text'; GRANT EXECUTE ON FUNCTION tools.bad TO sallyport_tool;
     COMMENT ON FUNCTION tools.bad IS E'Bad\nx\n@mcp\n@nonsense'"
run 1 "a function that is refused" catalog apply --json
is "is shown as such, the others stay" "refused" "$(jq -r '.[].action' <<<"$out")"
run 1 "a directory that is not there" catalog apply "$T/nowhere"

# ---- grants and audit ----

sql "INSERT INTO sallyport.grants (grant_id, user_id, client_id, resource, scope)
     VALUES ('00000000-0000-4000-8000-000000000001', '$alice', 'c1', '$issuer/mcp', '{a}')"
is "a grant is listed" c1 "$(sallyport grant list --user ALICE --json | jq -r '.[].client_id')"
is "others' are not" "[]" "$(sallyport grant list --user nobody --json)"
run 0 "it is revoked" grant revoke 00000000-0000-4000-8000-000000000001
run 1 "once" grant revoke 00000000-0000-4000-8000-000000000001
run 1 "what is not an id" grant revoke nonsense
is "the audit has it" "grant.revoke" "$(sallyport audit tail --lines 1 --json | jq -r '.[].event')"
is "with who did it" "sallyport" "$(sallyport audit tail --lines 1 --json | jq -r '.[].detail.program')"
run 0 "sweep" sweep

# ---- doctor ----

run 1 "doctor finds that nothing serves" doctor
like "and what to do" 'start the web server' "$out"
start_httpd "${HTTPD:-nginx}" || exit 1
run 0 "doctor is content when all runs" doctor
like "and says so" 'all is well' "$out"
run 0 "as JSON, too" doctor --json
is "every check" true "$(jq 'all(.ok)' <<<"$out")"
sql "UPDATE sallyport.signing_key SET private_sealed = 'x' WHERE state = 'active'"
run 1 "a key that cannot be opened" doctor
like "is found" 'FAIL +signing keys' "$out"
done_testing
