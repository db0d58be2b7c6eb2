# what lib/tools/ adds to the build
lib_libsallyport_a_SOURCES += lib/tools/schema.h lib/tools/schema_private.h lib/tools/schema_run.h
lib_libsallyport_a_SOURCES += lib/tools/schema_check.c
lib_libsallyport_a_SOURCES += lib/tools/schema_compile.c
lib_libsallyport_a_SOURCES += lib/tools/schema_format.c
lib_libsallyport_a_SOURCES += lib/tools/schema_message.c
lib_libsallyport_a_SOURCES += lib/tools/schema_meta.c
lib_libsallyport_a_SOURCES += lib/tools/schema_number.c
lib_libsallyport_a_SOURCES += lib/tools/schema_pattern.c
lib_libsallyport_a_SOURCES += lib/tools/schema_ref.c
lib_libsallyport_a_SOURCES += lib/tools/schema_translate.c
lib_libsallyport_a_SOURCES += lib/tools/schema_uri.c
lib_libsallyport_a_SOURCES += lib/tools/schema_validate.c
lib_libsallyport_a_SOURCES += lib/tools/schema_value.c
lib_libsallyport_a_SOURCES += lib/tools/catalog.c lib/tools/catalog.h
lib_libsallyport_a_SOURCES += lib/tools/policy.c lib/tools/policy.h
lib_libsallyport_a_SOURCES += lib/tools/run.c lib/tools/run.h
lib_libsallyport_a_SOURCES += lib/tools/sql_tool.c lib/tools/sql_tool.h
