#!/bin/bash
# Code search: repositories of GitHub, which tests/lib/github.py stands in for.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/codesearch.sh"
needs jq git python3
hub=$T/hub
port=$(free_port)
mkdir -p "$hub"
start_codesearch github_url="http://127.0.0.1:$port" fetch_allow=127.0.0.0/8 || exit 1
add_user alice --tier admin
token_for alice scope="codesearch:read codesearch:work codesearch:admin" >/dev/null
version=$("$top_builddir/bin/sallyport-index" --version | cut -d' ' -f2)
python3 "$top_srcdir/tests/lib/github.py" "$hub" "$port" "$version" >"$T/github.out" 2>"$sv_log/github.log" &
github=$!
trap 'kill $github 2>/dev/null; stop_all' EXIT
for _ in {1..100}; do grep -q ready "$T/github.out" && break; sleep 0.1; done

index() { timeout 120 "$top_builddir/bin/sallyport-index" "$@" >"$T/out" 2>"$T/err"; }
said() { jq -r "[.$1] | map(tostring) | join(\" \")" "$T/out"; }
data() { json ".result.structuredContent.data | $1"; }
files() { sql "SELECT coalesce(string_agg(path, ' ' ORDER BY path COLLATE \"C\"), 'none') FROM codesearch.file WHERE repository = '$1'"; }
status_of() { call_tool manage_indexer '{"action":"status","indexer_name":"'"$1"'"}' >/dev/null; data ".status.history[0] | $2"; }

# publish REPOSITORY REF: what GitHub makes of the tree $T/shop
publish() {
	mkdir -p "$hub/$1"
	git -C "$T/shop" init -q -b main 2>/dev/null
	git -C "$T/shop" add -A
	git -C "$T/shop" -c user.name=x -c user.email=x@example.com commit -qm "$2" --allow-empty
	commit=$(git -C "$T/shop" rev-parse HEAD)
	git -C "$T/shop" archive --format=tar.gz --prefix="${1/\//-}-${commit:0:7}/" HEAD >"$hub/$1/$2.tar.gz"
}

# ---- one archive ----

publish octo/shop main
cp "$hub/octo/shop/main.tar.gz" "$hub/octo/shop/HEAD.tar.gz"
index --json --github octo/shop@main
is "a repository" "0 6 0 $commit" "$? $(said added) $(said removed) $(said commit)"
is "its files" "Makefile src/hash.c src/hash.h src/user.c src/user.h tests/test_user.c" "$(files octo/shop)"
is "two requests, the second one elsewhere" "api /repos/octo/shop/tarball/main without|archive /octo/shop/legacy.tar.gz/main without" \
	"$(paste -sd'|' "$hub/log")"
index --json --github octo/shop
is "the default branch; nothing changed" "0 0 6 0" "$? $(said changed) $(said unchanged) $(said pieces)"
sed -i 's/hash_remove/hash_forget/' "$T/shop/src/user.c"
rm "$T/shop/src/hash.c"
publish octo/shop main
index --json --github octo/shop@main
is "by digest: one changed, one gone" "0 0 1 4 1" "$? $(said added) $(said changed) $(said unchanged) $(said removed)"
is "it is found" octo/shop "$(call_tool search_code '{"query":"hash_forget","repository":"octo/shop"}' >/dev/null; data '.items[0].repository')"
ln -s user.c "$T/shop/src/link.c"
publish octo/shop v1.0_release
index --json --github octo/shop@v1.0_release
is "a tag" "0 5" "$? $(said unchanged)"

# ---- asked for over MCP ----

call_tool github_index_repo '{"repo":"octo/shop"}' >/dev/null
is "it has to be confirmed" true "$(data .confirmation_required)"
call_tool github_index_repo '{"repo":"octo/shop","confirm":true}' >/dev/null
is "a job" "octo/shop main queued" "$(data '"\(.repository) \(.ref) \(.state)"')"
index --jobs
is "which is done" "done 5 true" "$(status_of octo/shop '"\(.state) \(.result.files_processed) \(.result.chunks_indexed > 5)"')"
mkdir -p "$hub/octo/secret"
publish octo/secret main
echo github_token_0123456789 >"$hub/octo/secret/token"
secret github_token_0123456789
call_tool create_datasource '{"name":"s","datasource_type":"github","connection_info":{"repo":"octo/secret","ref":"main"},"credentials":{"token":"${env:CREDENTIAL_GITHUB}"}}' >/dev/null
call_tool manage_indexer '{"action":"create","indexer_name":"secret","datasource_name":"s"}' >/dev/null
call_tool manage_indexer '{"action":"run","indexer_name":"secret"}' >/dev/null
index --jobs
like "a token that is not there" 'failed .*CREDENTIAL_GITHUB' "$(status_of secret '"\(.state) \(.error)"')"
call_tool manage_indexer '{"action":"run","indexer_name":"secret"}' >/dev/null
: >"$hub/log"
CREDENTIAL_GITHUB=github_token_0123456789 index --jobs
is "a private repository" "done 5" "$(status_of secret '"\(.state) \(.result.files_processed)"')"
is "the token goes to GitHub only" "with a token|without" "$(awk '{ $1 = $2 = ""; print }' "$hub/log" | sed 's/^ *//' | paste -sd'|')"
is "and stands nowhere" "" "$(sql "SELECT job_id FROM codesearch.job j WHERE j::text LIKE '%github_token_01%'")$(cat "$T/err" | grep github_token_01)"
unlike "a reader of the status does not see its name, either" CREDENTIAL_GITHUB "$(status_of secret .)"
call_tool github_index_repo '{"repo":"octo/secret","confirm":true}' >/dev/null
index --jobs
like "without it GitHub knows of nothing" 'GitHub answers 404 .*Not Found' "$(status_of octo/secret .error)"

SALLYPORT_GITHUB_TOKEN='${env:CREDENTIAL_HUB}' CREDENTIAL_HUB=github_token_0123456789 index --quiet --github octo/secret@main
is "a token for all" 0 $?
SALLYPORT_GITHUB_TOKEN=written_down index --github octo/secret@main
like "which is named, not written down" 'the token must be named' "$(cat "$T/err")"

# ---- answers that are none ----

before=$(files octo/shop)
try() {
	local name=$1 expected=$2
	[ -z "$3" ] || echo "$3" >"$hub/octo/shop/answer.json"
	index --github "${4:-octo/shop@main}"
	is "$name" 1 $?
	like "... is said" "$expected" "$(cat "$T/err")"
	rm -f "$hub/octo/shop/answer.json"
}
try "no such repository" 'GitHub answers 404 for octo/nothing at main: Not Found' '' octo/nothing@main
try "no such branch" 'GitHub answers 404 for octo/shop at gone' '' octo/shop@gone
try "too many requests" 'answers 429.*slow down.*come back in seconds: 60' '{"status":429,"headers":{"Retry-After":"60"},"body":"{\"message\":\"slow down\"}"}'
try "trouble there" 'answers 500' '{"status":500,"body":"<html>"}'
try "a redirect to a file" 'no https URL' '{"location":"file:///etc/passwd"}'
try "a redirect into nowhere" 'octo/shop: ' '{"location":"http://127.0.0.1:1/x"}'
try "a redirect to our own network" 'octo/shop: ' '{"location":"http://10.0.0.1/x"}'
try "an archive that is cut" 'octo/shop: ' '{"where":"archive","cut":300}'
for name in a octo octo/ /shop octo/../shop octo/shop@ octo/shop@../x octo/shop@-/.x 'octo/shop@a b' 'octo/shop@a?b' octo/shop/x; do
	index --github "$name"
	is "$name is no repository" 2 $?
done
is "nothing has changed by all that" "$before" "$(files octo/shop)"

# ---- archives that are no good ----

mkdir -p "$hub/octo/bad"
python3 "$top_srcdir/tests/lib/archives.py" "$hub/octo/bad" || exit 1
index --quiet --repository bad --github octo/shop@main
before=$(files bad)
for file in "$hub"/octo/bad/*.tar.gz; do
	name=$(basename "$file" .tar.gz)
	[ "$name" != odd ] || continue
	# sanitizers reserve terabytes of addresses
	(grep -q with-sanitizer "$top_builddir/config.status" || ulimit -v 400000; index --repository bad --github "octo/bad@$name")
	is "$name is refused" "1 $before" "$? $(files bad)"
done
like "for a reason" 'the archive is refused: a name leads out of it' "$(index --repository bad --github octo/bad@upwards; cat "$T/err")"
like "as a bomb is" 'the archive is refused: it is larger than allowed when unpacked' "$(index --repository bad --github octo/bad@bomb; cat "$T/err")"
index --json --repository odd --github octo/bad@odd
is "what is odd is passed over" "0 4 1 2" "$? $(said added) $(said binary) $(said ignored)"
is "and the rest is there" "a.c b.py $(printf 'deep/%.0s' {1..30})long_name.c grün.c" "$(files odd)"
done_testing
