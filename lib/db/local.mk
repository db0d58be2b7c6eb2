# what lib/db/ adds to the build
lib_libsallyport_a_SOURCES += lib/db/db.h
lib_libsallyport_a_SOURCES += lib/db/listen.h
lib_libsallyport_a_SOURCES += lib/db/migrate.h
# generated: see sql/local.mk
nodist_lib_libsallyport_a_SOURCES = lib/db/queries.h lib/db/queries.c lib/db/migrations.c
