# what bin/ adds to the build
bin_PROGRAMS += bin/sallyport
bin_sallyport_SOURCES = bin/sallyport.c bin/command.c bin/command.h
bin_sallyport_SOURCES += bin/cmd_catalog.c
bin_sallyport_SOURCES += bin/cmd_client.c
bin_sallyport_SOURCES += bin/cmd_doctor.c
bin_sallyport_SOURCES += bin/cmd_grant.c
bin_sallyport_SOURCES += bin/cmd_init.c
bin_sallyport_SOURCES += bin/cmd_key.c bin/cmd_key.h
bin_sallyport_SOURCES += bin/cmd_user.c
bin_sallyport_LDADD = $(SALLYPORT_LIBS)
