# What tests/unit/ adds to the build: one cmocka program for each module.
EXTRA_DIST += tests/unit/unit.h
EXTRA_DIST += tests/unit/database.h
EXTRA_DIST += tests/unit/keyring.h
EXTRA_DIST += tests/unit/registrations.h
UNIT_LIBS = $(SALLYPORT_LIBS) $(CMOCKA_LIBS)
if HAVE_CMOCKA

check_PROGRAMS += tests/unit/test_schema_parts
TESTS += tests/unit/test_schema_parts
tests_unit_test_schema_parts_SOURCES = tests/unit/test_schema_parts.c
tests_unit_test_schema_parts_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_schema
TESTS += tests/unit/test_schema
tests_unit_test_schema_SOURCES = tests/unit/test_schema.c
tests_unit_test_schema_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_exec
TESTS += tests/unit/test_exec
tests_unit_test_exec_SOURCES = tests/unit/test_exec.c
tests_unit_test_exec_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_child
TESTS += tests/unit/test_child
tests_unit_test_child_SOURCES = tests/unit/test_child.c
tests_unit_test_child_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_str
TESTS += tests/unit/test_str
tests_unit_test_str_SOURCES = tests/unit/test_str.c
tests_unit_test_str_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_arena
TESTS += tests/unit/test_arena
tests_unit_test_arena_SOURCES = tests/unit/test_arena.c
tests_unit_test_arena_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_buf
TESTS += tests/unit/test_buf
tests_unit_test_buf_SOURCES = tests/unit/test_buf.c
tests_unit_test_buf_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_db
TESTS += tests/unit/test_db
tests_unit_test_db_SOURCES = tests/unit/test_db.c tests/unit/pool.h
tests_unit_test_db_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_db_statements
TESTS += tests/unit/test_db_statements
tests_unit_test_db_statements_SOURCES = tests/unit/test_db_statements.c tests/unit/pool.h
tests_unit_test_db_statements_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_db_faults
TESTS += tests/unit/test_db_faults
tests_unit_test_db_faults_SOURCES = tests/unit/test_db_faults.c tests/unit/pool.h
tests_unit_test_db_faults_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_db_watch
TESTS += tests/unit/test_db_watch
tests_unit_test_db_watch_SOURCES = tests/unit/test_db_watch.c
tests_unit_test_db_watch_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_listen
TESTS += tests/unit/test_listen
tests_unit_test_listen_SOURCES = tests/unit/test_listen.c
tests_unit_test_listen_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_migrate
TESTS += tests/unit/test_migrate
tests_unit_test_migrate_SOURCES = tests/unit/test_migrate.c
tests_unit_test_migrate_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_encode
TESTS += tests/unit/test_encode
tests_unit_test_encode_SOURCES = tests/unit/test_encode.c
tests_unit_test_encode_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_json
TESTS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_log
TESTS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_secret
TESTS += tests/unit/test_secret
tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_secret_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_settings
TESTS += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c
tests_unit_test_settings_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_jwk
TESTS += tests/unit/test_jwk
tests_unit_test_jwk_SOURCES = tests/unit/test_jwk.c tests/unit/jose_vectors.h
tests_unit_test_jwk_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_jws
TESTS += tests/unit/test_jws
tests_unit_test_jws_SOURCES = tests/unit/test_jws.c tests/unit/jose_vectors.h
tests_unit_test_jws_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_jwt
TESTS += tests/unit/test_jwt
tests_unit_test_jwt_SOURCES = tests/unit/test_jwt.c tests/unit/jose_vectors.h
tests_unit_test_jwt_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_keyset
TESTS += tests/unit/test_keyset
tests_unit_test_keyset_SOURCES = tests/unit/test_keyset.c tests/unit/jose_vectors.h
tests_unit_test_keyset_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_cgi
TESTS += tests/unit/test_cgi
tests_unit_test_cgi_SOURCES = tests/unit/test_cgi.c
tests_unit_test_cgi_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_options
TESTS += tests/unit/test_options
tests_unit_test_options_SOURCES = tests/unit/test_options.c
tests_unit_test_options_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_breaker
TESTS += tests/unit/test_breaker
tests_unit_test_breaker_SOURCES = tests/unit/test_breaker.c tests/unit/database.h tests/unit/pool.h
tests_unit_test_breaker_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_policy
TESTS += tests/unit/test_policy
tests_unit_test_policy_SOURCES = tests/unit/test_policy.c tests/unit/database.h tests/unit/pool.h
tests_unit_test_policy_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_result_cache
TESTS += tests/unit/test_result_cache
tests_unit_test_result_cache_SOURCES = tests/unit/test_result_cache.c tests/unit/database.h tests/unit/pool.h tests/unit/keyring.h
tests_unit_test_result_cache_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_quota
TESTS += tests/unit/test_quota
tests_unit_test_quota_SOURCES = tests/unit/test_quota.c tests/unit/database.h tests/unit/pool.h
tests_unit_test_quota_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_reference
TESTS += tests/unit/test_reference
tests_unit_test_reference_SOURCES = tests/unit/test_reference.c
tests_unit_test_reference_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_request
TESTS += tests/unit/test_request
tests_unit_test_request_SOURCES = tests/unit/test_request.c tests/unit/web.h
tests_unit_test_request_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_router
TESTS += tests/unit/test_router
tests_unit_test_router_SOURCES = tests/unit/test_router.c tests/unit/web.h
tests_unit_test_router_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_form
TESTS += tests/unit/test_form
tests_unit_test_form_SOURCES = tests/unit/test_form.c tests/unit/web.h
tests_unit_test_form_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_cookie
TESTS += tests/unit/test_cookie
tests_unit_test_cookie_SOURCES = tests/unit/test_cookie.c tests/unit/web.h
tests_unit_test_cookie_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_stream
TESTS += tests/unit/test_stream
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c tests/unit/stream_client.h \
	tests/unit/worker_process.h tests/unit/fcgi_client.h
tests_unit_test_stream_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_parked
TESTS += tests/unit/test_parked
tests_unit_test_parked_SOURCES = tests/unit/test_parked.c tests/unit/stream_client.h \
	tests/unit/worker_process.h tests/unit/fcgi_client.h
tests_unit_test_parked_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_parked_many
TESTS += tests/unit/test_parked_many
tests_unit_test_parked_many_SOURCES = tests/unit/test_parked_many.c tests/unit/stream_client.h \
	tests/unit/worker_process.h tests/unit/fcgi_client.h
tests_unit_test_parked_many_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_sse_reader
TESTS += tests/unit/test_sse_reader
tests_unit_test_sse_reader_SOURCES = tests/unit/test_sse_reader.c
tests_unit_test_sse_reader_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_sse
TESTS += tests/unit/test_sse
tests_unit_test_sse_SOURCES = tests/unit/test_sse.c
tests_unit_test_sse_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_template
TESTS += tests/unit/test_template
tests_unit_test_template_SOURCES = tests/unit/test_template.c tests/unit/web.h
tests_unit_test_template_LDADD = $(UNIT_LIBS) -lm

check_PROGRAMS += tests/unit/test_jsonrpc
TESTS += tests/unit/test_jsonrpc
tests_unit_test_jsonrpc_SOURCES = tests/unit/test_jsonrpc.c
tests_unit_test_jsonrpc_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_accept
TESTS += tests/unit/test_accept
tests_unit_test_accept_SOURCES = tests/unit/test_accept.c
tests_unit_test_accept_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_mcp_headers
TESTS += tests/unit/test_mcp_headers
tests_unit_test_mcp_headers_SOURCES = tests/unit/test_mcp_headers.c
tests_unit_test_mcp_headers_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_mcp_version
TESTS += tests/unit/test_mcp_version
tests_unit_test_mcp_version_SOURCES = tests/unit/test_mcp_version.c
tests_unit_test_mcp_version_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_subscriptions
TESTS += tests/unit/test_subscriptions
tests_unit_test_subscriptions_SOURCES = tests/unit/test_subscriptions.c
tests_unit_test_subscriptions_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_tools
TESTS += tests/unit/test_tools
tests_unit_test_tools_SOURCES = tests/unit/test_tools.c
tests_unit_test_tools_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_content
TESTS += tests/unit/test_content
tests_unit_test_content_SOURCES = tests/unit/test_content.c
tests_unit_test_content_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_listing
TESTS += tests/unit/test_listing
tests_unit_test_listing_SOURCES = tests/unit/test_listing.c
tests_unit_test_listing_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_openapi
TESTS += tests/unit/test_openapi
tests_unit_test_openapi_SOURCES = tests/unit/test_openapi.c
tests_unit_test_openapi_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_openapi_description
TESTS += tests/unit/test_openapi_description
tests_unit_test_openapi_description_SOURCES = tests/unit/test_openapi_description.c
tests_unit_test_openapi_description_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_param_header
TESTS += tests/unit/test_param_header
tests_unit_test_param_header_SOURCES = tests/unit/test_param_header.c
tests_unit_test_param_header_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_trace
TESTS += tests/unit/test_trace
tests_unit_test_trace_SOURCES = tests/unit/test_trace.c
tests_unit_test_trace_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_exchange
TESTS += tests/unit/test_exchange
tests_unit_test_exchange_SOURCES = tests/unit/test_exchange.c
tests_unit_test_exchange_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_request_state
TESTS += tests/unit/test_request_state
tests_unit_test_request_state_SOURCES = tests/unit/test_request_state.c
tests_unit_test_request_state_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_mcp_client
TESTS += tests/unit/test_mcp_client
tests_unit_test_mcp_client_SOURCES = tests/unit/test_mcp_client.c
tests_unit_test_mcp_client_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_upstream
TESTS += tests/unit/test_upstream
tests_unit_test_upstream_SOURCES = tests/unit/test_upstream.c
tests_unit_test_upstream_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_mcp_cursor
TESTS += tests/unit/test_mcp_cursor
tests_unit_test_mcp_cursor_SOURCES = tests/unit/test_mcp_cursor.c
tests_unit_test_mcp_cursor_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_tasks
TESTS += tests/unit/test_tasks
tests_unit_test_tasks_SOURCES = tests/unit/test_tasks.c
tests_unit_test_tasks_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_source
TESTS += tests/unit/test_source
tests_unit_test_source_SOURCES = tests/unit/test_source.c
tests_unit_test_source_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_statement
TESTS += tests/unit/test_statement
tests_unit_test_statement_SOURCES = tests/unit/test_statement.c
tests_unit_test_statement_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_uri_template
TESTS += tests/unit/test_uri_template
tests_unit_test_uri_template_SOURCES = tests/unit/test_uri_template.c
tests_unit_test_uri_template_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_worker
TESTS += tests/unit/test_worker
tests_unit_test_worker_SOURCES = tests/unit/test_worker.c tests/unit/worker_process.h \
	tests/unit/fcgi_client.h
tests_unit_test_worker_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_restart
TESTS += tests/unit/test_restart
tests_unit_test_restart_SOURCES = tests/unit/test_restart.c tests/unit/worker_process.h \
	tests/unit/fcgi_client.h
tests_unit_test_restart_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_chunk
TESTS += tests/unit/test_chunk
tests_unit_test_chunk_SOURCES = tests/unit/test_chunk.c
tests_unit_test_chunk_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bin
tests_unit_test_chunk_LDADD = bin/libindex.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_document
TESTS += tests/unit/test_document
tests_unit_test_document_SOURCES = tests/unit/test_document.c
tests_unit_test_document_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bin
tests_unit_test_document_LDADD = bin/libcatalog.a $(UNIT_LIBS) $(YAML_LIBS)

check_PROGRAMS += tests/unit/test_ignore
TESTS += tests/unit/test_ignore
tests_unit_test_ignore_SOURCES = tests/unit/test_ignore.c
tests_unit_test_ignore_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bin
tests_unit_test_ignore_LDADD = bin/libindex.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_scope
TESTS += tests/unit/test_scope
tests_unit_test_scope_SOURCES = tests/unit/test_scope.c
tests_unit_test_scope_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_redirect_uri
TESTS += tests/unit/test_redirect_uri
tests_unit_test_redirect_uri_SOURCES = tests/unit/test_redirect_uri.c
tests_unit_test_redirect_uri_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_client
TESTS += tests/unit/test_client
tests_unit_test_client_SOURCES = tests/unit/test_client.c
tests_unit_test_client_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_client_auth
TESTS += tests/unit/test_client_auth
tests_unit_test_client_auth_SOURCES = tests/unit/test_client_auth.c
tests_unit_test_client_auth_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_token
TESTS += tests/unit/test_token
tests_unit_test_token_SOURCES = tests/unit/test_token.c
tests_unit_test_token_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_authorization
TESTS += tests/unit/test_authorization
tests_unit_test_authorization_SOURCES = tests/unit/test_authorization.c
tests_unit_test_authorization_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_http_answer
TESTS += tests/unit/test_http_answer
tests_unit_test_http_answer_SOURCES = tests/unit/test_http_answer.c
tests_unit_test_http_answer_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_http_bytes
TESTS += tests/unit/test_http_bytes
tests_unit_test_http_bytes_SOURCES = tests/unit/test_http_bytes.c
tests_unit_test_http_bytes_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_http_parts
TESTS += tests/unit/test_http_parts
tests_unit_test_http_parts_SOURCES = tests/unit/test_http_parts.c
tests_unit_test_http_parts_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_sigv4
TESTS += tests/unit/test_sigv4
tests_unit_test_sigv4_SOURCES = tests/unit/test_sigv4.c
tests_unit_test_sigv4_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_http
TESTS += tests/unit/test_http
tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_fetch
TESTS += tests/unit/test_fetch
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c
tests_unit_test_fetch_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_metadata
TESTS += tests/unit/test_metadata
tests_unit_test_metadata_SOURCES = tests/unit/test_metadata.c
tests_unit_test_metadata_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_password
TESTS += tests/unit/test_password
tests_unit_test_password_SOURCES = tests/unit/test_password.c
tests_unit_test_password_LDADD = $(UNIT_LIBS)

endif

# threads that use the database, for tests/t and measurements
check_PROGRAMS += tests/unit/db_load
tests_unit_db_load_SOURCES = tests/unit/db_load.c
tests_unit_db_load_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/unit/stream_demo
tests_unit_stream_demo_SOURCES = tests/unit/stream_demo.c
tests_unit_stream_demo_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/unit/worker_demo
tests_unit_worker_demo_SOURCES = tests/unit/worker_demo.c
tests_unit_worker_demo_LDADD = $(SALLYPORT_LIBS)

# not a cmocka program: runs the official suite and prints TAP
check_PROGRAMS += tests/unit/schema_suite
TESTS += tests/unit/schema_suite.t
EXTRA_DIST += tests/unit/schema_suite.t tests/unit/schema_suite.known
tests_unit_schema_suite_SOURCES = tests/unit/schema_suite.c
tests_unit_schema_suite_LDADD = $(SALLYPORT_LIBS)

# not a cmocka program: runs Project Wycheproof's vectors and prints TAP
check_PROGRAMS += tests/unit/wycheproof
TESTS += tests/unit/wycheproof.t
EXTRA_DIST += tests/unit/wycheproof.t tests/lib/fetch-wycheproof
tests_unit_wycheproof_SOURCES = tests/unit/wycheproof.c
tests_unit_wycheproof_LDADD = $(SALLYPORT_LIBS)

check_PROGRAMS += tests/unit/openapi_documents
TESTS += tests/unit/openapi-documents.t
EXTRA_DIST += tests/unit/openapi-documents.t tests/lib/fetch-descriptions
tests_unit_openapi_documents_SOURCES = tests/unit/openapi_documents.c
tests_unit_openapi_documents_LDADD = $(SALLYPORT_LIBS)
