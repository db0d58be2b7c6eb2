# what lib/db/ adds to the build
lib_libsallyport_a_SOURCES += lib/db/db.h lib/db/conn.h
lib_libsallyport_a_SOURCES += lib/db/conn.c
lib_libsallyport_a_SOURCES += lib/db/exchange.c
lib_libsallyport_a_SOURCES += lib/db/fail.c
lib_libsallyport_a_SOURCES += lib/db/listen.c lib/db/listen.h
lib_libsallyport_a_SOURCES += lib/db/migrate.c lib/db/migrate.h lib/db/migrate_missing.c
lib_libsallyport_a_SOURCES += lib/db/pipeline.c
lib_libsallyport_a_SOURCES += lib/db/pool.c
lib_libsallyport_a_SOURCES += lib/db/query.c
lib_libsallyport_a_SOURCES += lib/db/row.c
# generated: see sql/local.mk
nodist_lib_libsallyport_a_SOURCES = lib/db/queries.h lib/db/queries.c lib/db/migrations.c
