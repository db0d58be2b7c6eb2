#!/bin/bash
# sallyport catalog check where there is no database, and not even settings: what it says, and what it says it could not check.
. "$(dirname "$0")/../lib/sallyport.sh"

for name in $(compgen -e SALLYPORT_); do unset "$name"; done
# the settings of this machine, if it has any, are not this test's
[ ! -e "$(grep -aom1 '/[A-Za-z0-9_./-]*/sallyport\.conf' "$top_builddir/bin/sallyport")" ] || skip_all "this machine has settings"
cd "$T" || exit 1
check() { "$top_builddir/bin/sallyport" catalog check "$@" 2>&1; }
said() { check "$@" >"$T/said"; echo "$? $(cat "$T/said")"; }

cat >whole.yaml <<'Y'
kind: source
name: shop
type: postgresql
database: host=db.example.com dbname=shop user=sallyport
---
kind: server
name: shop
title: Shop
---
kind: tool
name: orders
server: shop
description: Orders
parameters:
  customer: {type: integer}
statement: {source: shop, sql: "SELECT :customer::integer AS customer"}
Y
nothing='sallyport: there are no settings: programs and directories of this host, and what is in a database, were not looked at'
is "documents that say everything themselves" "0 3 documents without fault
$nothing" "$(check whole.yaml >said; echo "$? $(grep without said)"; grep -v without said)"
sed 's/:customer::integer/:costumer::integer/' whole.yaml >fault.yaml
like "faults are found" '^1 fault.yaml:16: statement.sql: .*costumer' "$(said fault.yaml)"
cat >parts.yaml <<'Y'
kind: tool
name: orders
server: shop
description: Orders
statement: {source: shop, sql: SELECT 1}
---
kind: source
name: api
type: http
url: https://api.example.com
credential: key
Y
is "what others must say is not checked, and said" "0 2 documents without fault
parts.yaml:3: note: not checked: server: there is no server \"shop\" in these documents
parts.yaml:5: note: not checked: statement.source: there is no source \"shop\" in these documents
parts.yaml:11: note: not checked: credential: there is no credential \"key\" in these documents
$nothing" "$(check parts.yaml >said; echo "$? $(grep without said)"; grep -v without said)"
mkdir both && cp whole.yaml both && echo 'SELECT 1;' >both/a.sql
like "nor is SQL" 'not checked: SQL, which only the database understands' "$(said both)"
is "settings that are named must be there" 1 "$(SALLYPORT_CONFIG=$T/none check whole.yaml >said; echo $?)"
printf 'issuer = https://mcp.example.com\ndatabase = host=%s/none dbname=none connect_timeout=2\nmaster_key_file = %s/key\n' "$T" "$T" >away.conf
like "a database that does not answer" 'the database could not be reached: what stands only there was not looked at' \
	"$(SALLYPORT_CONFIG=$T/away.conf said parts.yaml)"
is "is no fault of the documents" 0 "$(SALLYPORT_CONFIG=$T/away.conf check parts.yaml >said; echo $?)"
is "other commands need settings" 1 "$("$top_builddir/bin/sallyport" catalog diff whole.yaml >said 2>&1; echo $?)"
done_testing
