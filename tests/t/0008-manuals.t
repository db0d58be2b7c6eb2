#!/bin/bash
# Every installed program has a manual page, and every page its program.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || exit 1

list() {
	# not as a part of the make that runs this test
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s --no-print-directory -C "$top_builddir" -f - list <<-END
		include Makefile
		list: ; @echo \$($1)
	END
}

names() {
	tr ' ' '\n' | sed '/^$/d; s|.*/||' | sort
}

# a command has a page of its own; the programs of the web server share sallyport-cgi(8)
pages=$(list dist_man_MANS | names)
is "commands and their pages" "$(list bin_PROGRAMS | names)" "$(sed -n 's/\.1$//p' <<<"$pages" | sort)"
is "web server programs in sallyport-cgi(8)" "$(list cgibin_PROGRAMS | names)" \
	"$(sed -nE 's/^\.It Nm ([a-z-]+)$/\1/p' docs/man/sallyport-cgi.8 2>/dev/null | sort)"
is "pages of docs/man are installed" "$(find docs/man -name '*.[1-8]' | names)" "$pages"

if command -v mandoc >/dev/null; then
	is_empty "mandoc finds nothing wrong" "$(mandoc -T lint -W warning docs/man/*.[1-8] 2>&1)"
else
	skip "mandoc is not installed"
fi
done_testing
