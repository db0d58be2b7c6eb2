# what sql/ adds to the build: C tables of the queries and migrations, made in the build tree
SQL_FILES = $(wildcard $(srcdir)/sql/queries/*.sql) $(wildcard $(srcdir)/sql/migrations/*.sql)
SQL_TABLES = lib/db/queries.h lib/db/queries.c lib/db/migrations.c
EXTRA_DIST += $(SQL_FILES) build-aux/queries.sh
BUILT_SOURCES += lib/db/queries.stamp
CLEANFILES += $(SQL_TABLES) lib/db/queries.stamp

# The directories stand for files that were removed.
lib/db/queries.stamp: $(SQL_FILES) $(wildcard $(srcdir)/sql/queries $(srcdir)/sql/migrations) \
    $(srcdir)/build-aux/queries.sh
	$(AM_V_GEN)$(MKDIR_P) lib/db && AWK='$(AWK)' $(SHELL) $(srcdir)/build-aux/queries.sh $(srcdir)/sql lib/db && \
	    : >$@

$(SQL_TABLES): lib/db/queries.stamp
	@test -f $@ || { rm -f lib/db/queries.stamp; $(MAKE) $(AM_MAKEFLAGS) lib/db/queries.stamp; }
