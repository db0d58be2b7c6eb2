#!/bin/bash
# Catalog documents: what is wrong with them is said with file and line, and changes nothing.
. "$(dirname "$0")/../lib/sallyport.sh"
start_postgres && migrate || exit 1
cd "$T" || exit 1

# faults NAME FILE EXPECTED: what check says of the text on standard input.
faults() {
	cat >"$2"
	sallyport catalog check "$2" >"$T/out" 2>&1
	is "$1" "1 $3" "$? $(cat "$T/out")"
}
fine() {
	cat >"$2"
	is "$1" "1 document without fault" "$(sallyport catalog check "$2" 2>&1)"
}

# ---- the notation ----

faults "no YAML" a.yaml 'a.yaml:2: did not find expected '"',' or ']'" <<<$'kind: [a\nname: x'
faults "an anchor" a.yaml 'a.yaml:1: anchors (&) are not used in documents: write it out' <<<'kind: &a server'
faults "an alias" a.yaml 'a.yaml:1: aliases (*) are not used in documents: write it out' <<<'kind: *a'
faults "a merge key" a.yaml 'a.yaml:2: merge keys (<<) are not used in documents: write it out' <<<$'kind: server\n<<: {}'
faults "a tag" a.yaml 'a.yaml:1: tags (!) are not used in documents' <<<'kind: !!str server'
faults "a name twice" a.yaml 'a.yaml:3: "title" stands twice' <<<$'kind: server\ntitle: a\ntitle: b'
faults "a list as a name" a.yaml 'a.yaml:2: a name is a text' <<<$'kind: server\n[a]: b'
faults "a number with a zero in front" a.yaml 'a.yaml:2: a number with a zero in front: leave it out, or quote a text' <<<$'kind: server\nname: 007'
faults "no number of JSON" a.yaml 'a.yaml:2: a number that JSON does not have: quote a text' <<<$'kind: server\nname: .nan'
faults "a NUL" a.yaml 'a.yaml:2: a text with a NUL in it' <<<$'kind: server\nname: "a\\0"'
faults "control characters" a.yaml 'a.yaml:2: control characters are not allowed' <<<$'kind: server\nname: a\x01b'
faults "not UTF-8" a.yaml 'a.yaml: not UTF-8' <<<$'kind: server\nname: a\xff'
faults "a name that would drive the terminal" a.yaml 'a.yaml:2: a\x1b[2Jb: a server has no such member
a.yaml:1: a server needs a member "title"' <<<$'kind: server\n"a\\e[2Jb": 1\nname: a'
faults "nested too deeply" a.yaml 'a.yaml:1: nested too deeply' < <(printf '[%.0s' {1..5000})
faults "a bomb of aliases" a.yaml 'a.yaml:1: anchors (&) are not used in documents: write it out' < <(
	echo 'a: &a [x, x, x]'
	for i in {b..z}; do echo "$i: &$i [*a, *a, *a, *a]"; done)
faults "JSON that is none" a.json 'a.json:2: unexpected character' <<<$'{"kind": "server",\n nope}'
faults "a name twice in JSON" a.json 'a.json:2: repeated name' <<<$'{"kind": "server",\n"kind": 1}'
faults "a fault in JSON" a.json 'a.json:3: titel: a server has no such member; did you mean "title"?
a.json:1: a server needs a member "title"' <<<$'[{"kind": "server",\n"name": "a",\n"titel": "A"}]'
head -c 17000000 /dev/zero | tr '\0' a >a.yaml
is "too long" "a.yaml: is longer than 16 MiB" "$(sallyport catalog check a.yaml 2>&1)"
# hostile texts of many megabytes cost as much as they are long
huge() {
	yes -- "$2" | head -c 15000000 >huge.yaml
	like "huge: $1" "$3" "$(timeout 120 "$top_builddir/bin/sallyport" catalog check huge.yaml 2>&1)"
}
huge "documents" '--- a' '^huge.yaml:10001: too many documents in one file$'
huge "empty documents" '---' '^huge.yaml:[0-9]+: too many values in one file$'
huge "items" '- a' '^huge.yaml:400000: too many values in one file$'
huge "words" 'a' '^huge.yaml:1: a document is an object'
huge "breaks" '' '^huge.yaml: there is no document in it$'
huge "dashes" '- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -' ':1: nested too deeply$'
yes '{},' | tr -d '\n' | head -c 15000000 | sed '1s/^/[/' >huge.json
is "huge: JSON" "huge.json: longer than 16 MiB, or too many values in one file" "$(sallyport catalog check huge.json 2>&1)"
rm -f huge.yaml huge.json
mkfifo pipe.yaml
is "a named pipe" "pipe.yaml: is neither a file nor a directory" "$(sallyport catalog check pipe.yaml 2>&1)"
rm -f a.yaml a.json pipe.yaml
fine "no, yes and on are texts" a.yaml <<<$'kind: server\nname: no\ntitle: on\ndescription: yes'
is "standard input" "1 document without fault" "$(sallyport catalog check - <<<$'kind: server\nname: a\ntitle: A')"
faults "nothing" a.yaml 'a.yaml: there is no document in it' <<<'---'

# ---- the frame ----

faults "no kind" a.yaml 'a.yaml:2: a document needs a member "kind"' <<<$'# nothing\nname: x'
faults "an unknown kind" a.yaml 'a.yaml:1: kind: there is no kind "promt"; did you mean "prompt"?' <<<'kind: promt'
faults "no document" a.yaml 'a.yaml:1: a document is an object with "kind" and "name"' <<<'hello'
faults "a description" a.yaml 'a.yaml:1: an OpenAPI description is no document: name it in one of kind openapi, from a directory below, or propose tools with "sallyport catalog import openapi"' \
	<<<$'openapi: 3.1.0\npaths: {}'
faults "twice" a.yaml 'a.yaml:6: name: server "a" stands in a.yaml:1 already' <<<$'kind: server\nname: a\ntitle: A\n---\nkind: server\nname: a'
faults "all faults at once" a.yaml 'a.yaml:3: tier: is not one of public, developer, admin, service
a.yaml:4: ttl: is not a time: 500ms, 5s, 2m, 1h, up to 24d
a.yaml:5: max_bytes: is not a size: 4096, 64KiB, 1MiB, up to 1GiB
a.yaml:6: scopes: is not a list of texts
a.yaml:7: enabled: is neither true nor false
a.yaml:1: a resource needs a member "name"' <<'Y'
kind: resource
uri: a://b
tier: root
ttl: 5 s
max_bytes: 1MB
scopes: a b
enabled: yes
Y
faults "a secret in a document" a.yaml 'a.yaml:4: token: a secret does not stand in a document: ${env:CREDENTIAL_...}, ${file:...}, or secret: stdin' \
	<<<$'kind: credential\nname: a\ntype: bearer\ntoken: abcdefgh'
faults "a password in a connection" a.yaml 'a.yaml:4: database: a password does not stand in a document: ${env:CREDENTIAL_...} or ${file:...}' \
	<<<$'kind: source\nname: a\ntype: postgresql\ndatabase: host=a dbname=b user=c password=b'
faults "a password in a URL" a.yaml 'a.yaml:4: database: a password does not stand in a document: ${env:CREDENTIAL_...} or ${file:...}' \
	<<<$'kind: source\nname: a\ntype: postgresql\ndatabase: postgresql://a:b@c/d'
faults "a prompt" a.yaml 'a.yaml:5: arguments.a.requird: there is no such member; did you mean "required"?
a.yaml:8: messages[1]: needs "role": user or assistant' <<'Y'
kind: prompt
name: a
description: A
arguments:
  a: {requird: true}
messages:
  - {role: user, content: hello}
  - {role: system, content: hello}
Y
faults "a tool" a.yaml 'a.yaml:6: tests[0].expect.contain: there is no such member; did you mean "contains"?
a.yaml:7: statement.sqll: a statement has sql, read_only, result and source
a.yaml:4: task.timeout: has to be a time like "30s", "10m" or "2h"' <<'Y'
kind: tool
name: a
description: A
task: {support: optional, timeout: soon}
tests:
  - {arguments: {}, expect: {contain: a}}
statement: {sqll: SELECT 1}
Y
faults "what holds for every kind" a.yaml 'a.yaml:7: parameters.b.from: is neither claim.NAME nor embedding
a.yaml:8: sensitive[0]: there is no argument "c"
a.yaml:9: quota.user: has to be rates like "60/min", "5/s", "100/15min", "1000/h", "5000/day", at most 4 with commas between' <<'Y'
kind: tool
name: a
description: A
parameters:
  a: {type: string}
  b:
    from: sub
sensitive: [c]
quota: {user: often}
statement: {sql: "SELECT :a, :b"}
Y
for path in /etc/passwd ../a.yaml .hidden link.txt pipe dir/../b.txt; do
	ln -sf /etc/passwd link.txt
	mkfifo pipe 2>/dev/null
	faults "the file $path" a.yaml 'a.yaml:4: file: there is no such file beside the document (no path upwards, no hidden name, no symbolic link)' \
		<<<$'kind: resource\nuri: a://b\nname: b\nfile: '"$path"
done
rm -f pipe link.txt

is "nothing of this has changed anything" "0" "$(sql 'SELECT count(*) FROM sallyport.catalog_document')"
done_testing
