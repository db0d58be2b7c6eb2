# what lib/base/ adds to the build
lib_libsallyport_a_SOURCES += lib/base/arena.c lib/base/arena.h
lib_libsallyport_a_SOURCES += lib/base/banned.h
lib_libsallyport_a_SOURCES += lib/base/buf.c lib/base/buf.h
lib_libsallyport_a_SOURCES += lib/base/clock.c lib/base/clock.h
lib_libsallyport_a_SOURCES += lib/base/encode.c lib/base/encode.h
lib_libsallyport_a_SOURCES += lib/base/json.c lib/base/json.h lib/base/json_read.c lib/base/json_write.c
lib_libsallyport_a_SOURCES += lib/base/log.c lib/base/log.h
lib_libsallyport_a_SOURCES += lib/base/secret.c lib/base/secret.h lib/base/seal.c
lib_libsallyport_a_SOURCES += lib/base/settings.c lib/base/settings.h lib/base/settings_check.c lib/base/settings_check.h
lib_libsallyport_a_SOURCES += lib/base/str.c lib/base/str.h
