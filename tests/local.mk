# what tests/ adds to the build
include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/t/local.mk
include tests/clients/local.mk
include tests/browser/local.mk
include tests/bench/local.mk

EXTRA_DIST += tests/lib/tap.sh
EXTRA_DIST += tests/lib/orders-api.py
EXTRA_DIST += tests/lib/http.sh
EXTRA_DIST += tests/lib/listen.sh
EXTRA_DIST += tests/lib/mcp.sh
EXTRA_DIST += tests/lib/flood_server.py
EXTRA_DIST += tests/lib/http_service.py
EXTRA_DIST += tests/lib/service.sh
EXTRA_DIST += tests/lib/programs.sh
EXTRA_DIST += tests/lib/keeper_abuse.py
EXTRA_DIST += tests/lib/keeper_client.py
EXTRA_DIST += tests/lib/keeper_test.py
EXTRA_DIST += tests/lib/mcp_child.py
EXTRA_DIST += tests/lib/statement.sh
EXTRA_DIST += tests/lib/tasks.sh
EXTRA_DIST += tests/lib/tasks.sql
EXTRA_DIST += tests/lib/twin.sh
EXTRA_DIST += tests/lib/asking.sql
EXTRA_DIST += tests/lib/content.sql
EXTRA_DIST += tests/lib/exchange.sh
EXTRA_DIST += tests/lib/exchange.sql
EXTRA_DIST += tests/lib/sallyport.sh
EXTRA_DIST += tests/lib/oauth.sh
EXTRA_DIST += tests/lib/documents.py
EXTRA_DIST += tests/lib/hot_apply.py
EXTRA_DIST += tests/lib/transports.py
EXTRA_DIST += tests/sql/invariants.sql
EXTRA_DIST += tests/lib/run-unit
EXTRA_DIST += tests/lib/quickstart.t

# prints tables of the code for the tests that compare them with the documentation
check_PROGRAMS += tests/lib/tables
tests_lib_tables_SOURCES = tests/lib/tables.c
tests_lib_tables_LDADD = $(SALLYPORT_LIBS)

# signs what the tests of access tokens want signed
check_PROGRAMS += tests/lib/mint
tests_lib_mint_SOURCES = tests/lib/mint.c
tests_lib_mint_LDADD = $(SALLYPORT_LIBS)

# many streams that listen
check_PROGRAMS += tests/lib/listeners
tests_lib_listeners_SOURCES = tests/lib/listeners.c
tests_lib_listeners_LDADD = $(SALLYPORT_LIBS)

# the empty cluster that tests/lib/sallyport.sh made for all of them
CLEANFILES += tests/postgres-*.tar
