# codesearch.sh - a small tree to search in, and its catalog; sourced after sallyport.sh
# shellcheck shell=bash

# make_shop DIRECTORY: five files that include, call and test each other.
make_shop() {
	mkdir -p "$1"/{src,tests}
	cat >"$1/src/user.c" <<-'END'
		#include <stdlib.h>
		#include "user.h"
		#include "hash.h"

		/*
		 * Looks a user up.
		 * Returns NULL when the user was not found.
		 */
		struct user *
		get_user_by_id(int id)
		{
			return hash_lookup(users, id);
		}

		/* Forgets a user. */
		void
		remove_user(int id)
		{
			hash_remove(users, id);
		}
	END
	printf '#include "hash.h"\n\nstruct user { int id; };\n/* One user. */\nstruct user *get_user_by_id(int id);\n' >"$1/src/user.h"
	printf '#include <stdint.h>\n\n/* Finds what has this key. */\nvoid *hash_lookup(struct hash *h, int key);\n' >"$1/src/hash.h"
	cat >"$1/src/hash.c" <<-'END'
		#include "hash.h"

		void *
		hash_lookup(struct hash *h, int key)
		{
			if (h == NULL)
				return NULL;
			return h->slot[key % h->size];
		}
	END
	printf '#include "../src/user.h"\n\nvoid\ntest_get_user(void)\n{\n\tassert(get_user_by_id(1) != NULL);\n}\n' >"$1/tests/test_user.c"
	printf 'all:\n\tcc src/*.c\n' >"$1/Makefile"
	chmod -R a+rX "$1"
}

# start_codesearch [SETTING]...: everything that answers questions about $T/shop, which is indexed.
start_codesearch() {
	make_shop "$T/shop"
	start_postgres && migrate access_token_ttl=3600 "$@" &&
		sallyport catalog apply "$top_srcdir/catalogs/codesearch" >"$sv_log/catalog.log" 2>&1 &&
		"$top_builddir/bin/sallyport-index" --quiet "$T/shop" && start_httpd "${HTTPD:-nginx}"
}
