# what cgi-bin/ adds to the build
cgibin_PROGRAMS += cgi-bin/authorize
cgi_bin_authorize_SOURCES = cgi-bin/authorize.c
cgi_bin_authorize_LDADD = $(SALLYPORT_LIBS)
cgibin_PROGRAMS += cgi-bin/register
cgi_bin_register_SOURCES = cgi-bin/register.c
cgi_bin_register_LDADD = $(SALLYPORT_LIBS)
cgibin_PROGRAMS += cgi-bin/status
cgi_bin_status_SOURCES = cgi-bin/status.c
cgi_bin_status_LDADD = $(SALLYPORT_LIBS)
cgibin_PROGRAMS += cgi-bin/token
cgi_bin_token_SOURCES = cgi-bin/token.c
cgi_bin_token_LDADD = $(SALLYPORT_LIBS)
cgibin_PROGRAMS += cgi-bin/well-known
cgi_bin_well_known_SOURCES = cgi-bin/well-known.c
cgi_bin_well_known_LDADD = $(SALLYPORT_LIBS)
