# what lib/oauth/ adds to the build
lib_libsallyport_a_SOURCES += lib/oauth/authority.c lib/oauth/authority.h
lib_libsallyport_a_SOURCES += lib/oauth/bearer.c lib/oauth/bearer.h
lib_libsallyport_a_SOURCES += lib/oauth/client.c lib/oauth/client.h
lib_libsallyport_a_SOURCES += lib/oauth/client_auth.c lib/oauth/client_auth.h
lib_libsallyport_a_SOURCES += lib/oauth/grant_types.c lib/oauth/grant_types.h
lib_libsallyport_a_SOURCES += lib/oauth/metadata.c lib/oauth/metadata.h
lib_libsallyport_a_SOURCES += lib/oauth/redirect_uri.c lib/oauth/redirect_uri.h
lib_libsallyport_a_SOURCES += lib/oauth/resource.c lib/oauth/resource.h
lib_libsallyport_a_SOURCES += lib/oauth/revocations.c lib/oauth/revocations.h
lib_libsallyport_a_SOURCES += lib/oauth/scope.c lib/oauth/scope.h
lib_libsallyport_a_SOURCES += lib/oauth/sweeper.c lib/oauth/sweeper.h
lib_libsallyport_a_SOURCES += lib/oauth/token.c lib/oauth/token.h
lib_libsallyport_a_SOURCES += lib/oauth/authorization.c lib/oauth/authorization.h
lib_libsallyport_a_SOURCES += lib/oauth/client_document.c lib/oauth/client_document.h
lib_libsallyport_a_SOURCES += lib/oauth/client_lookup.c
