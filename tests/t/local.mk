# What tests/t/ adds to the build: scripts that speak TAP, run in this order.
t_tests =
t_tests += tests/t/0001-floors.t
t_tests += tests/t/0002-forbidden.t
t_tests += tests/t/0003-words.t
t_tests += tests/t/0004-settings.t
t_tests += tests/t/0005-queries.t
t_tests += tests/t/0006-templates.t
t_tests += tests/t/0007-errors.t
t_tests += tests/t/0008-manuals.t
t_tests += tests/t/0009-systemd.t
t_tests += tests/t/0020-web-server.t
t_tests += tests/t/0021-web-servers.t
t_tests += tests/t/0009-sql-tables.t
t_tests += tests/t/0110-database-restart.t
t_tests += tests/t/0111-pgbouncer.t
t_tests += tests/t/0120-command.t
t_tests += tests/t/0500-catalog.t
t_tests += tests/t/0510-mcp-modern.t
t_tests += tests/t/0520-mcp-sessions.t
t_tests += tests/t/0530-mcp-tools.t
t_tests += tests/t/0540-mcp-token.t
t_tests += tests/t/0550-mcp-results.t

TESTS += $(t_tests)
EXTRA_DIST += $(t_tests)
EXTRA_DIST += tests/t/0530-mcp-tools.sql
