# what lib/mcp/ adds to the build
lib_libsallyport_a_SOURCES += lib/mcp/headers.c lib/mcp/headers.h
lib_libsallyport_a_SOURCES += lib/mcp/jsonrpc.c lib/mcp/jsonrpc.h
lib_libsallyport_a_SOURCES += lib/mcp/version.c lib/mcp/version.h
lib_libsallyport_a_SOURCES += lib/mcp/content.c
lib_libsallyport_a_SOURCES += lib/mcp/dispatch.c lib/mcp/dispatch.h
lib_libsallyport_a_SOURCES += lib/mcp/lifecycle.c
lib_libsallyport_a_SOURCES += lib/mcp/methods.h
lib_libsallyport_a_SOURCES += lib/mcp/session.c lib/mcp/session.h
lib_libsallyport_a_SOURCES += lib/mcp/tools.c
