# what lib/oauth/ adds to the build
lib_libsallyport_a_SOURCES += lib/oauth/redirect_uri.c lib/oauth/redirect_uri.h
lib_libsallyport_a_SOURCES += lib/oauth/scope.c lib/oauth/scope.h
