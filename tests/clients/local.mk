# what tests/clients/ adds to the build, and the test of README.md
EXTRA_DIST += tests/clients/package.json
EXTRA_DIST += tests/clients/package-lock.json
EXTRA_DIST += tests/clients/.npmrc
EXTRA_DIST += tests/clients/provider.mjs
EXTRA_DIST += tests/clients/person.mjs
EXTRA_DIST += tests/clients/sdk.mjs
EXTRA_DIST += tests/clients/mcp-remote.mjs
EXTRA_DIST += tests/lib/fetch-source
t_tests += tests/t/0700-sdk-v2.t
t_tests += tests/t/0701-sdk-v1.t
t_tests += tests/t/0710-inspector.t
t_tests += tests/t/0711-mcp-remote.t
t_tests += tests/t/0720-search-large-tree.t
t_tests += tests/t/0800-readme.t
