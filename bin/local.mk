# what bin/ adds to the build
bin_PROGRAMS += bin/sallyport
bin_sallyport_SOURCES = bin/sallyport.c bin/command.c bin/command.h
bin_sallyport_SOURCES += bin/cmd_catalog.c
bin_sallyport_SOURCES += bin/cmd_catalog_call.c
bin_sallyport_SOURCES += bin/cmd_catalog_export.c
bin_sallyport_SOURCES += bin/catalog_client.c bin/catalog_client.h
bin_sallyport_SOURCES += bin/catalog_host.c bin/catalog_host.h
bin_sallyport_SOURCES += bin/catalog_upstream.c bin/catalog_upstream.h
bin_sallyport_SOURCES += bin/catalog_work.h
bin_sallyport_SOURCES += bin/cmd_client.c
bin_sallyport_SOURCES += bin/openapi_import.c
bin_sallyport_SOURCES += bin/cmd_doctor.c
bin_sallyport_SOURCES += bin/cmd_grant.c
bin_sallyport_SOURCES += bin/cmd_init.c
bin_sallyport_SOURCES += bin/cmd_key.c bin/cmd_key.h
bin_sallyport_SOURCES += bin/cmd_policy.c
bin_sallyport_SOURCES += bin/cmd_user.c
bin_sallyport_SOURCES += bin/catalog_diff.c bin/catalog_diff.h
bin_sallyport_LDADD = bin/libcatalog.a $(SALLYPORT_LIBS) $(YAML_LIBS)

# the reading of catalog files stands apart, so that tests and fuzzers can link it; nothing else uses libyaml
noinst_LIBRARIES += bin/libcatalog.a
bin_libcatalog_a_SOURCES =
bin_libcatalog_a_SOURCES += bin/catalog_file.c bin/catalog_file.h
bin_libcatalog_a_SOURCES += bin/catalog_json.c
bin_libcatalog_a_SOURCES += bin/catalog_read.h
bin_libcatalog_a_SOURCES += bin/catalog_scalar.c
bin_libcatalog_a_SOURCES += bin/catalog_write.c bin/catalog_write.h
bin_libcatalog_a_SOURCES += bin/catalog_yaml.c
bin_libcatalog_a_AR = $(AR) cr

# the cutting of source files stands apart from the program, so that tests and fuzzers can link it
noinst_LIBRARIES += bin/libindex.a
bin_libindex_a_SOURCES =
bin_libindex_a_SOURCES += bin/index_archive.c bin/index_archive.h
bin_libindex_a_SOURCES += bin/index_braces.c
bin_libindex_a_SOURCES += bin/index_chunk.c bin/index_chunk.h
bin_libindex_a_SOURCES += bin/index_head.c bin/index_head.h
bin_libindex_a_SOURCES += bin/index_ignore.c bin/index_ignore.h
bin_libindex_a_SOURCES += bin/index_import.c
bin_libindex_a_SOURCES += bin/index_indent.c
bin_libindex_a_SOURCES += bin/index_language.c bin/index_language.h
bin_libindex_a_SOURCES += bin/index_outline.c bin/index_outline.h
bin_libindex_a_SOURCES += bin/index_text.c
bin_libindex_a_SOURCES += bin/index_token.c bin/index_token.h
bin_libindex_a_SOURCES += bin/index_walk.c bin/index_walk.h
bin_libindex_a_AR = $(AR) cr

bin_PROGRAMS += bin/sallyport-index
bin_sallyport_index_SOURCES = bin/sallyport-index.c
bin_sallyport_index_SOURCES += bin/index_azure.c bin/index_azure.h
bin_sallyport_index_SOURCES += bin/index_azure_jobs.c
bin_sallyport_index_SOURCES += bin/index_azure_store.c
bin_sallyport_index_SOURCES += bin/index_embed.c bin/index_embed.h
bin_sallyport_index_SOURCES += bin/index_github.c bin/index_github.h
bin_sallyport_index_SOURCES += bin/index_jobs.c bin/index_jobs.h
bin_sallyport_index_SOURCES += bin/index_known.c bin/index_known.h
bin_sallyport_index_SOURCES += bin/index_postgres.c
bin_sallyport_index_SOURCES += bin/index_root.c bin/index_root.h
bin_sallyport_index_SOURCES += bin/index_run.c bin/index_run.h
bin_sallyport_index_SOURCES += bin/index_service.c bin/index_service.h
bin_sallyport_index_SOURCES += bin/index_store.c bin/index_store.h
bin_sallyport_index_LDADD = bin/libindex.a $(SALLYPORT_LIBS) $(ZLIB_LIBS)

bin_PROGRAMS += bin/sallyport-stdio
bin_sallyport_stdio_SOURCES = bin/sallyport-stdio.c
bin_sallyport_stdio_LDADD = $(SALLYPORT_LIBS)

bin_PROGRAMS += bin/sallyport-runner
bin_sallyport_runner_SOURCES = bin/sallyport-runner.c bin/runner_upstreams.c bin/runner_upstreams.h
bin_sallyport_runner_LDADD = $(SALLYPORT_LIBS)

# not a command: started by the programs that run tools
sallyportexecdir = $(cgibindir)
sallyportexec_PROGRAMS = bin/sallyport-exec
bin_sallyport_exec_SOURCES = bin/sallyport-exec.c
bin_sallyport_exec_SOURCES += bin/exec_filter.c bin/exec_filter.h
bin_sallyport_exec_LDADD = $(SALLYPORT_LIBS)

bin_PROGRAMS += bin/sallyport-keeper
bin_sallyport_keeper_SOURCES = bin/sallyport-keeper.c bin/keeper.h
bin_sallyport_keeper_SOURCES += bin/keeper_kept.c
bin_sallyport_keeper_SOURCES += bin/keeper_queue.c
bin_sallyport_keeper_SOURCES += bin/keeper_relay.c
bin_sallyport_keeper_LDADD = $(SALLYPORT_LIBS)
