#!/bin/bash
# Code search: the work that tools ask for, and sallyport-index does.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/codesearch.sh"
needs jq
mkdir -p "$T/roots/app" "$T/outside"
start_codesearch index_roots="$T/roots /nowhere" || exit 1
add_user alice --tier admin
token_for alice scope="codesearch:read codesearch:work codesearch:admin" >/dev/null

index() { "$top_builddir/bin/sallyport-index" "$@" >"$T/out" 2>"$T/err"; }
data() { json ".result.structuredContent.data | $1"; }
status_of() { call_tool manage_indexer '{"action":"status","indexer_name":"'"$1"'"}' >/dev/null; data ".status.history[0] | [.state, (.result.files // .error)] | map(tostring) | join(\" \")"; }
files() { sql "SELECT coalesce(string_agg(path, ' ' ORDER BY path COLLATE \"C\"), 'none') FROM codesearch.file WHERE repository = '$1'"; }

is "where the tree was is remembered" "tree $T/shop command" "$(sql "SELECT source ->> 'type', source ->> 'path', source ->> 'by' FROM codesearch.repository WHERE name = 'shop'" -F ' ')"
# ---- a tree below index_roots ----

printf 'int one(void) { return 1; }\n' >"$T/roots/app/a.c"
printf 'def two(): pass\n' >"$T/roots/app/b.py"
ln -s "$T/outside" "$T/roots/link"
printf 'int secret(void) { return 1; }\n' >"$T/outside/s.c"
chmod -R a+rX "$T/roots" "$T/outside"
call_tool index_repository '{"repo_path":"app"}' >/dev/null
is "a job is queued" "app queued false" "$(data '[.repo_name, .state, .indexed] | map(tostring) | join(" ")')"
like "its answer says what is missing" 'sallyport-index --jobs has to run' "$(data .output)"
first=$(data .job_id)
call_tool index_repository '{"repo_path":"app"}' >/dev/null
is "the same again is the same job" "$first" "$(data .job_id)"
ok "the work is done" index --jobs
ok "no work is no trouble" index --jobs
is "and said" "done 2" "$(status_of app)"
is "what is indexed" "a.c b.py" "$(files app)"
unlike "with the runner at work nothing is missing" 'has to run' "$(call_tool index_repository '{"repo_path":"app","patterns":["*.py"]}' >/dev/null; data .output)"
index --jobs
is "patterns narrow it" b.py "$(files app)"

for path in "$T/outside" link /etc ../outside "app/../../outside" /nowhere/x; do
	call_tool index_repository "$(jq -nc --arg path "$path" '{repo_path: $path, repo_name: "bad"}')" >/dev/null
	index --jobs
	is "$path is not indexed" none "$(files bad)"
done
like "and why not is said" 'failed ' "$(status_of bad)"
call_tool manage_indexer '{"action":"delete","indexer_name":"shop"}' >/dev/null

# ---- changed files ----

index --quiet "$T/shop"
sed -i 's/hash_remove/hash_forget/' "$T/shop/src/user.c"
rm "$T/shop/src/hash.c"
printf 'int other(void) { return 2; }\n' >"$T/shop/src/other.c"
printf 'src/secret.c\n' >"$T/shop/.gitignore"
printf 'int s;\n' >"$T/shop/src/secret.c"
chmod -R a+rX "$T/shop"
call_tool index_changed_files '{"repo_name":"shop","files":["src/user.c","src/hash.c","src/secret.c"]}' >/dev/null
index --jobs
is "of changed files those that are there" "Makefile src/hash.h src/user.c src/user.h tests/test_user.c" "$(files shop)"
is "as they are now" 1 "$(sql "SELECT count(*) FROM codesearch.chunk WHERE content LIKE '%hash_forget%'")"
index --json "$T/shop" src/other.c
is "from the command line, too" "0 1 0" "$? $(jq -r '"\(.added) \(.removed)"' "$T/out")"
index "$T/shop" ../outside/s.c
is "but not from elsewhere" 2 $?

# ---- again, and all of it ----

call_tool index_rebuild '{"repository":"shop","confirm":true}' >/dev/null
index --jobs
is "index_rebuild goes through every file" "done 6" "$(status_of shop)"
call_tool rebuild_index '{"confirm":true}' >/dev/null
is "rebuild_index empties the index" 0 "$(sql "SELECT count(*) FROM codesearch.chunk")"
index --jobs
is "and fills it again" "Makefile src/hash.h src/other.c src/user.c src/user.h tests/test_user.c b.py" "$(files shop) $(files app)"

# ---- data sources and schedules ----

call_tool create_datasource "$(jq -nc --arg path "$T/roots/app" '{name: "src", datasource_type: "tree", connection_info: {path: $path}}')" >/dev/null
call_tool manage_indexer '{"action":"create","indexer_name":"nightly","datasource_name":"src","schedule":{"interval":"PT2H"}}' >/dev/null
is "an indexer with a schedule" true "$(data .created_or_updated)"
sql "UPDATE codesearch.repository SET due_at = now() WHERE name = 'nightly'"
index --jobs
is "runs when it is due" "a.c b.py" "$(files nightly)"
is "once" "1 schedule" "$(sql "SELECT count(*), min(caller) FROM codesearch.job WHERE repository = 'nightly'" -F ' ')"
call_tool manage_indexer '{"action":"run","indexer_name":"nightly","wait":true}' >/dev/null
is "a run on demand" "true queued" "$(data '"\(.run_started) \(.result.state)"')" || body
index --jobs

# ---- those who work ----

for i in 1 2 3 4 5 6; do call_tool index_repository '{"repo_path":"app","repo_name":"many'$i'"}' >/dev/null; done
"$top_builddir/bin/sallyport-index" --jobs --quiet & one=$!
"$top_builddir/bin/sallyport-index" --jobs --quiet & two=$!
wait $one $two
is "two at once do each job once" "6 6" "$(sql "SELECT count(*), sum(tries) FROM codesearch.job WHERE repository LIKE 'many%' AND state = 'done'" -F ' ')"
"$top_builddir/bin/sallyport-index" --jobs --wait 2>"$T/waiting" &
waiter=$!
call_tool index_repository '{"repo_path":"app","repo_name":"awaited"}' >/dev/null
for _ in {1..100}; do [ "$(status_of awaited)" = "done 2" ] && break; sleep 0.1; done
is "one that waits takes up what comes" "done 2" "$(status_of awaited)"
kill -TERM $waiter
wait $waiter
is "and ends when it is told to" 0 $?
sql "INSERT INTO codesearch.job (repository, state, caller, lease_until, tries) VALUES ('app', 'running', '', now() - interval '1 second', 1)"
index --jobs
is "what one left, another does" "done 1" "$(status_of app)"
sql "INSERT INTO codesearch.job (repository, state, caller, lease_until, tries) VALUES ('app', 'running', '', now() - interval '1 second', 3)"
index --jobs
like "but not for ever" '^failed the indexer ended 3 times' "$(status_of app)"
call_tool health_check >/dev/null
is "all is well" true "$(data .healthy)"
done_testing
