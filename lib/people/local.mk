# what lib/people/ adds to the build
lib_libsallyport_a_SOURCES += lib/people/password.c lib/people/password.h
lib_libsallyport_a_SOURCES += lib/people/session.c lib/people/session.h
lib_libsallyport_a_SOURCES += lib/people/signin.c lib/people/signin.h
