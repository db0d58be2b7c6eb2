# what lib/jose/ adds to the build
lib_libsallyport_a_SOURCES += lib/jose/jwk.c lib/jose/jwk.h
lib_libsallyport_a_SOURCES += lib/jose/jws.c lib/jose/jws.h
lib_libsallyport_a_SOURCES += lib/jose/jwt.c lib/jose/jwt.h
lib_libsallyport_a_SOURCES += lib/jose/keyset.c lib/jose/keyset.h
lib_libsallyport_a_SOURCES += lib/jose/weak_key.c lib/jose/weak_key.h
