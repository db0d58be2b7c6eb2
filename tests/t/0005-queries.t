#!/bin/bash
# Every statement of sql/queries/ is used by the code, and says what its parameters are.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || exit 1

files=$(find sql/queries -name '*.sql' -exec basename {} .sql \; | sort)
used=$(grep -rhoE '\bsp_q_[a-z0-9_]+' lib cgi-bin bin --include='*.c' | sed 's/^sp_q_//' | sort -u)
is_empty "every statement is used" "$(comm -23 <(echo "$files") <(echo "$used"))"
is_empty "every statement that is used exists" "$(comm -13 <(echo "$files") <(echo "$used"))"

silent=
for name in $files; do
	grep -q "^-- $name: " "sql/queries/$name.sql" || silent+="$name.sql does not begin with \"-- $name: what it does\""$'\n'
	for parameter in $(sed 's/--.*//' "sql/queries/$name.sql" | grep -oE '\$[0-9]+' | sort -u); do
		grep -qE "^--.*\\$parameter\\b" "sql/queries/$name.sql" || silent+="$name.sql does not say what $parameter is"$'\n'
	done
done
is_empty "every statement says what it does and what its parameters are" "$silent"
done_testing
