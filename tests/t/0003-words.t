#!/bin/bash
# Unfinished work has words; none of them stays.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || exit 1

words='\b(todo|fixme|xxx|hack|not (yet )?implemented|placeholder|for now|stub)\b'
is_empty "no word of unfinished work in the programs" \
	"$(grep -rniE "$words" lib cgi-bin bin sql --include='*.[ch]' --include='*.sql' |
		grep -v '^bin/index_language.c:.*README INSTALL')"	# names of files
is_empty "nor in the scripts" "$(grep -niE '\b(todo|fixme|hack|not (yet )?implemented|for now)\b' \
	quickstart runtests autogen.sh build-aux/services.sh build-aux/queries.sh tests/lib/* 2>/dev/null)"
is_empty "nor in the pages" "$(grep -rniE '\b(todo|fixme|lorem ipsum|not (yet )?implemented)\b' www docs README.md)"
done_testing
