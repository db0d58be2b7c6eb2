#!/bin/bash
# Many apply at once, and some are killed: each is there as a whole, or not at all, and has a version of its own.
. "$(dirname "$0")/../lib/sallyport.sh"
start_postgres && migrate || exit 1
cd "$T" || exit 1
count=8

for ((i = 1; i <= count; i++)); do
	for ((k = 1; k <= 5; k++)); do
		printf 'kind: tool\nname: t%d_%d\ndescription: A\nstatement: {sql: SELECT %d}\n---\n' "$i" "$k" "$i"
	done >"$i.yaml"
done
before=$(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'")
for ((i = 1; i <= count; i++)); do
	sallyport catalog apply "$i.yaml" >"$i.out" 2>&1 &
	pids[i]=$!
done
failed=
for ((i = 1; i <= count; i++)); do wait "${pids[i]}" || failed+=" $i: $(cat "$i.out")"; done
is "all of them are applied" "" "$failed"
is "each in one version" "$((before + count))" "$(sql "SELECT version FROM sallyport.version WHERE name = 'catalog'")"
is "that its audit row names" "$count" "$(sql "SELECT count(DISTINCT detail->>'version') FROM sallyport.audit WHERE event = 'catalog.apply'")"
is "nothing is missing" "$((5 * count))" "$(sql "SELECT count(*) FROM sallyport.tool")"

# the same document from several files at once
for ((i = 1; i <= count; i++)); do
	printf 'kind: tool\nname: same\ndescription: "%d"\nstatement: {sql: SELECT %d}\n' "$i" "$i" >"$i.yaml"
	sallyport catalog apply "$i.yaml" >"$i.out" 2>&1 &
	pids[i]=$!
done
failed=
for ((i = 1; i <= count; i++)); do wait "${pids[i]}" || failed+=" $i: $(cat "$i.out")"; done
is "one after the other" "" "$failed"
is "and what is there is of one of them" t "$(sql "SELECT spec->>'sql' = 'SELECT ' || description AND origin = 'document ${PWD##*/}/' || description || '.yaml'
	FROM sallyport.tool WHERE name = 'same'")"

# killed while it waits for the lock, and while it works
sql "DELETE FROM sallyport.catalog_document; DELETE FROM sallyport.tool"
before=$(db_checksum)
sql "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
	CREATE TRIGGER slow AFTER INSERT ON sallyport.tool FOR EACH STATEMENT EXECUTE FUNCTION public.slow()"
sallyport catalog apply 1.yaml >killed.out 2>&1 &
pid=$!
for ((i = 0; i < 600; i++)); do
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 0 ] || break
	sleep 0.1
done
kill -9 "$pid"
wait "$pid" 2>/dev/null
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null
sql "DROP TRIGGER slow ON sallyport.tool; DROP FUNCTION public.slow()"
is "one that is killed leaves nothing" "$before" "$(db_checksum)"
ok "and is made again" sallyport catalog apply 1.yaml
done_testing
