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
lib_libsallyport_a_SOURCES += lib/mcp/completion.c
lib_libsallyport_a_SOURCES += lib/mcp/cursor.c lib/mcp/cursor.h
lib_libsallyport_a_SOURCES += lib/mcp/entry.c lib/mcp/entry.h
lib_libsallyport_a_SOURCES += lib/mcp/list.c
lib_libsallyport_a_SOURCES += lib/mcp/prompts.c
lib_libsallyport_a_SOURCES += lib/mcp/resources.c
