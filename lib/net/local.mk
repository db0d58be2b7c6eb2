# what lib/net/ adds to the build
lib_libsallyport_a_SOURCES += lib/net/fetch.c lib/net/fetch.h
lib_libsallyport_a_SOURCES += lib/net/guard.c lib/net/guard.h
lib_libsallyport_a_SOURCES += lib/net/http.c lib/net/http.h
lib_libsallyport_a_SOURCES += lib/net/http_pool.c lib/net/http_pool.h
lib_libsallyport_a_SOURCES += lib/net/resolve.c lib/net/resolve.h
lib_libsallyport_a_SOURCES += lib/net/sse_reader.c lib/net/sse_reader.h
