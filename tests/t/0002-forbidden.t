#!/bin/bash
# Calls that the style forbids.  base/banned.h poisons some; this test also sees
# those that cannot be poisoned because system headers use them.
. "$(dirname "$0")/../lib/tap.sh"
cd "$top_srcdir" || exit 1

# All C sources without comments and string literals, as "file:line:text".
code=$(find lib cgi-bin bin -name '*.[ch]' ! -path lib/base/banned.h | sort | xargs perl -e '
	undef $/;
	for my $file (@ARGV) {
		open(my $in, "<", $file) or die "$file: $!";
		my $text = <$in>;
		# comments and literals become as many line ends as they had
		$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\x27(?:\\.|[^\x27\\])*\x27)}
			{ my $gone = $1; $gone =~ /^"/ ? "\"\"" : $gone =~ s/[^\n]//gr }gse;
		my $n = 0;
		print "$file:", ++$n, ":$_\n" for split(/\n/, $text);
	}')

uses() {
	grep -E "$1" <<<"$code"
}

is_empty "no copy without a length" \
	"$(uses '\b(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|scanf|sscanf)[[:space:]]*\(')"
is_empty "no number parsing that ignores errors" "$(uses '\b(atoi|atol|atoll|atof)[[:space:]]*\(')"
is_empty "no function with a static buffer" \
	"$(uses '\b(strtok|localtime|gmtime|asctime|ctime|inet_ntoa|gethostbyname)[[:space:]]*\(')"
is_empty "no weak random numbers" "$(uses '\b(rand|srand|random|srandom|drand48)[[:space:]]*\(')"
is_empty "no shell and no guessed file names" "$(uses '\b(system|popen|tmpnam|tempnam|mktemp)[[:space:]]*\(')"
is_empty "no memory on the stack by number" "$(uses '\balloca[[:space:]]*\(')"
is_empty "nothing follows the locale" \
	"$(uses '\b(setlocale|isalpha|isdigit|isalnum|isspace|isprint|isupper|islower|isxdigit|tolower|toupper|strcasecmp|strncasecmp|strcoll)[[:space:]]*\(')"
# programs for people talk to PostgreSQL as the owner; the web server's programs send statements of files only
is_empty "SQL is sent by lib/db only, and by programs for people" \
	"$(uses '\bPQ(exec|execParams|prepare|execPrepared|sendQuery[A-Za-z]*|sendPrepare)[[:space:]]*\(' | grep -vE '^(lib/db|bin)/')"
is_empty "the environment is read in few places" \
	"$(uses '\b(getenv|secure_getenv)[[:space:]]*\(' | grep -vE '^(lib/base/settings\.c|lib/tools/reference\.c|lib/web/|bin/)')"
done_testing
