# what lib/net/ adds to the build
lib_libsallyport_a_SOURCES += lib/net/fetch.c lib/net/fetch.h
lib_libsallyport_a_SOURCES += lib/net/guard.c lib/net/guard.h
