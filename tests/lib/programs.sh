# programs.sh - tools that are programs, for tests of kind "executable"; sourced after mcp.sh
# shellcheck shell=bash

# program NAME: standard input becomes an executable of this test, in $T/tools.
program() {
	mkdir -p "$T/tools" && cat >"$T/tools/$1" && chmod 0755 "$T/tools" "$T/tools/$1"
}

# exec_tool NAME PROPERTIES SPEC [COLUMN=VALUE]...: a tool of kind executable; VALUE is SQL.
exec_tool() {
	local name=$1 properties=$2 spec=$3 columns='' values='' more
	shift 3
	for more; do
		columns+=", ${more%%=*}"
		values+=", ${more#*=}"
	done
	sql "INSERT INTO sallyport.tool (resource, name, description, kind, tier, origin, input_schema, spec$columns)
	     VALUES ('', '$name', '$name', 'executable', 'public', 'test', json_build_object('type', 'object', 'properties',
	             \$p\$$properties\$p\$::json, 'additionalProperties', false), \$s\$$spec\$s\$::jsonb$values)"
}

# living MARK: processes that have this in their command line
living() { pgrep -fc -- "$1"; }

# until_living MARK COMPARISON NUMBER: polls, for at most thirty seconds
until_living() {
	for _ in {1..600}; do
		! test "$(living "$1")" "$2" "$3" || return 0
		sleep 0.05
	done
	note "$(pgrep -fa -- "$1")"
	return 1
}
