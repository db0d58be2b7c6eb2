# What tests/fuzz/ adds to the build: one target for each parser of outside bytes.
#
# fuzz_NAME.c has the inputs corpus/NAME/*.  `make check` replays them with any
# compiler, linked with replay.c.  Configured with CC=clang --enable-fuzzers a
# target is linked with libFuzzer instead and looks for new ones:
#	tests/fuzz/fuzz_json -max_total_time=60 corpus tests/fuzz/corpus/json
# A new target copies the four lines of another one.
if FUZZERS
fuzz_main = tests/fuzz/fuzz.h
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = tests/fuzz/fuzz.h tests/fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
endif

check_PROGRAMS += tests/fuzz/fuzz_encode
tests_fuzz_fuzz_encode_SOURCES = tests/fuzz/fuzz_encode.c $(fuzz_main)
tests_fuzz_fuzz_encode_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_encode_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c $(fuzz_main)
tests_fuzz_fuzz_json_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_json_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_cookie
tests_fuzz_fuzz_cookie_SOURCES = tests/fuzz/fuzz_cookie.c $(fuzz_main)
tests_fuzz_fuzz_cookie_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cookie_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_form
tests_fuzz_fuzz_form_SOURCES = tests/fuzz/fuzz_form.c $(fuzz_main)
tests_fuzz_fuzz_form_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_form_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_sse_reader
tests_fuzz_fuzz_sse_reader_SOURCES = tests/fuzz/fuzz_sse_reader.c $(fuzz_main)
tests_fuzz_fuzz_sse_reader_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sse_reader_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_upstream
tests_fuzz_fuzz_upstream_SOURCES = tests/fuzz/fuzz_upstream.c $(fuzz_main)
tests_fuzz_fuzz_upstream_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_upstream_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_record
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c $(fuzz_main)
tests_fuzz_fuzz_record_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_record_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_request
tests_fuzz_fuzz_request_SOURCES = tests/fuzz/fuzz_request.c $(fuzz_main)
tests_fuzz_fuzz_request_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_request_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_template
tests_fuzz_fuzz_template_SOURCES = tests/fuzz/fuzz_template.c $(fuzz_main)
tests_fuzz_fuzz_template_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_template_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_schema
tests_fuzz_fuzz_schema_SOURCES = tests/fuzz/fuzz_schema.c $(fuzz_main)
tests_fuzz_fuzz_schema_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_schema_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_settings
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c $(fuzz_main)
tests_fuzz_fuzz_settings_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_settings_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_mcp
tests_fuzz_fuzz_mcp_SOURCES = tests/fuzz/fuzz_mcp.c $(fuzz_main)
tests_fuzz_fuzz_mcp_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_mcp_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_jwk
tests_fuzz_fuzz_jwk_SOURCES = tests/fuzz/fuzz_jwk.c $(fuzz_main)
tests_fuzz_fuzz_jwk_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_jwk_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_jwt
tests_fuzz_fuzz_jwt_SOURCES = tests/fuzz/fuzz_jwt.c tests/unit/jose_vectors.h $(fuzz_main)
tests_fuzz_fuzz_jwt_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_jwt_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_sse
tests_fuzz_fuzz_sse_SOURCES = tests/fuzz/fuzz_sse.c $(fuzz_main)
tests_fuzz_fuzz_sse_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sse_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_cursor
tests_fuzz_fuzz_cursor_SOURCES = tests/fuzz/fuzz_cursor.c $(fuzz_main)
tests_fuzz_fuzz_cursor_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cursor_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_trace
tests_fuzz_fuzz_trace_SOURCES = tests/fuzz/fuzz_trace.c $(fuzz_main)
tests_fuzz_fuzz_trace_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_trace_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_request_state
tests_fuzz_fuzz_request_state_SOURCES = tests/fuzz/fuzz_request_state.c $(fuzz_main)
tests_fuzz_fuzz_request_state_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_request_state_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_uri_template
tests_fuzz_fuzz_uri_template_SOURCES = tests/fuzz/fuzz_uri_template.c $(fuzz_main)
tests_fuzz_fuzz_uri_template_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_uri_template_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_redirect_uri
tests_fuzz_fuzz_redirect_uri_SOURCES = tests/fuzz/fuzz_redirect_uri.c tests/fuzz/request.h $(fuzz_main)
tests_fuzz_fuzz_redirect_uri_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_redirect_uri_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_client
tests_fuzz_fuzz_client_SOURCES = tests/fuzz/fuzz_client.c tests/fuzz/request.h $(fuzz_main)
tests_fuzz_fuzz_client_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_client_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_credentials
tests_fuzz_fuzz_credentials_SOURCES = tests/fuzz/fuzz_credentials.c tests/fuzz/request.h $(fuzz_main)
tests_fuzz_fuzz_credentials_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_credentials_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_statement
tests_fuzz_fuzz_statement_SOURCES = tests/fuzz/fuzz_statement.c $(fuzz_main)
tests_fuzz_fuzz_statement_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_statement_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_scope
tests_fuzz_fuzz_scope_SOURCES = tests/fuzz/fuzz_scope.c tests/fuzz/request.h $(fuzz_main)
tests_fuzz_fuzz_scope_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_scope_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_sealed
tests_fuzz_fuzz_sealed_SOURCES = tests/fuzz/fuzz_sealed.c tests/fuzz/request.h tests/fuzz/keyring.h $(fuzz_main)
tests_fuzz_fuzz_sealed_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sealed_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_authorization
tests_fuzz_fuzz_authorization_SOURCES = tests/fuzz/fuzz_authorization.c tests/fuzz/request.h tests/fuzz/keyring.h $(fuzz_main)
tests_fuzz_fuzz_authorization_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_authorization_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_http_answer
tests_fuzz_fuzz_http_answer_SOURCES = tests/fuzz/fuzz_http_answer.c $(fuzz_main)
tests_fuzz_fuzz_http_answer_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_http_answer_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_http_parts
tests_fuzz_fuzz_http_parts_SOURCES = tests/fuzz/fuzz_http_parts.c $(fuzz_main)
tests_fuzz_fuzz_http_parts_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_http_parts_LDADD = $(SALLYPORT_LIBS)

TESTS += tests/fuzz/replay.t
EXTRA_DIST += tests/fuzz/replay.t
EXTRA_DIST += tests/fuzz/corpus

check_PROGRAMS += tests/fuzz/fuzz_chunk
tests_fuzz_fuzz_chunk_SOURCES = tests/fuzz/fuzz_chunk.c $(fuzz_main)
tests_fuzz_fuzz_chunk_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bin
tests_fuzz_fuzz_chunk_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_chunk_LDADD = bin/libindex.a $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_openapi
tests_fuzz_fuzz_openapi_SOURCES = tests/fuzz/fuzz_openapi.c $(fuzz_main)
tests_fuzz_fuzz_openapi_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_openapi_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_document
tests_fuzz_fuzz_document_SOURCES = tests/fuzz/fuzz_document.c $(fuzz_main)
tests_fuzz_fuzz_document_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bin
tests_fuzz_fuzz_document_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_document_LDADD = bin/libcatalog.a $(SALLYPORT_LIBS) $(YAML_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_archive
tests_fuzz_fuzz_archive_SOURCES = tests/fuzz/fuzz_archive.c $(fuzz_main)
tests_fuzz_fuzz_archive_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bin
tests_fuzz_fuzz_archive_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_archive_LDADD = bin/libindex.a $(SALLYPORT_LIBS) $(ZLIB_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_argv
tests_fuzz_fuzz_argv_SOURCES = tests/fuzz/fuzz_argv.c $(fuzz_main)
tests_fuzz_fuzz_argv_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_argv_LDADD = $(SALLYPORT_LIBS)
