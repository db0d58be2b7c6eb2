# what catalogs/ adds to the build

codesearchdir = $(pkgdatadir)/catalogs/codesearch
dist_codesearch_DATA =
dist_codesearch_DATA += catalogs/codesearch/10-tables.sql
dist_codesearch_DATA += catalogs/codesearch/12-feedback.sql
dist_codesearch_DATA += catalogs/codesearch/14-jobs.sql
dist_codesearch_DATA += catalogs/codesearch/16-targets.sql
dist_codesearch_DATA += catalogs/codesearch/18-embedding.sql
dist_codesearch_DATA += catalogs/codesearch/20-search.sql
dist_codesearch_DATA += catalogs/codesearch/30-queries.sql
dist_codesearch_DATA += catalogs/codesearch/40-answers.sql
dist_codesearch_DATA += catalogs/codesearch/50-tools.sql
dist_codesearch_DATA += catalogs/codesearch/52-feedback-tools.sql
dist_codesearch_DATA += catalogs/codesearch/54-context-tools.sql
dist_codesearch_DATA += catalogs/codesearch/56-cache-tools.sql
dist_codesearch_DATA += catalogs/codesearch/58-microsoft-docs.sql
dist_codesearch_DATA += catalogs/codesearch/58-microsoft-docs.yaml
dist_codesearch_DATA += catalogs/codesearch/60-index-tools.sql
dist_codesearch_DATA += catalogs/codesearch/62-documents.sql
dist_codesearch_DATA += catalogs/codesearch/64-indexing-tools.sql
dist_codesearch_DATA += catalogs/codesearch/70-prompts.sql
dist_codesearch_DATA += catalogs/codesearch/72-resources.sql
dist_codesearch_DATA += catalogs/codesearch/90-rights.sql

codesearchazuredir = $(pkgdatadir)/catalogs/codesearch-azure
dist_codesearchazure_DATA =
dist_codesearchazure_DATA += catalogs/codesearch-azure/10-server.yaml
dist_codesearchazure_DATA += catalogs/codesearch-azure/10-requests.sql
dist_codesearchazure_DATA += catalogs/codesearch-azure/20-search.sql
dist_codesearchazure_DATA += catalogs/codesearch-azure/20-search.yaml
dist_codesearchazure_DATA += catalogs/codesearch-azure/30-context.sql
dist_codesearchazure_DATA += catalogs/codesearch-azure/30-work.yaml
dist_codesearchazure_DATA += catalogs/codesearch-azure/40-admin.yaml
dist_codesearchazure_DATA += catalogs/codesearch-azure/40-index.sql
dist_codesearchazure_DATA += catalogs/codesearch-azure/50-indexers.sql
dist_codesearchazure_DATA += catalogs/codesearch-azure/50-jobs.yaml
dist_codesearchazure_DATA += catalogs/codesearch-azure/60-microsoft-docs.yaml
dist_codesearchazure_DATA += catalogs/codesearch-azure/90-rights.sql

conformancedir = $(pkgdatadir)/catalogs/conformance
dist_conformance_DATA =
dist_conformance_DATA += catalogs/conformance/10-server.sql
dist_conformance_DATA += catalogs/conformance/20-tools.sql
dist_conformance_DATA += catalogs/conformance/30-conversation.sql
dist_conformance_DATA += catalogs/conformance/40-tasks.sql
dist_conformance_DATA += catalogs/conformance/50-resources-prompts.sql

examplesdir = $(pkgdatadir)/catalogs/examples
dist_examples_DATA =
dist_examples_DATA += catalogs/examples/aws.yaml
dist_examples_DATA += catalogs/examples/executable.yaml
dist_examples_DATA += catalogs/examples/hybrid-here.yaml
dist_examples_DATA += catalogs/examples/hybrid-there.yaml
dist_examples_DATA += catalogs/examples/mcpServers.json
dist_examples_DATA += catalogs/examples/openapi.yaml
dist_examples_DATA += catalogs/examples/http.yaml
dist_examples_DATA += catalogs/examples/prompt.yaml
dist_examples_DATA += catalogs/examples/resource.yaml
dist_examples_DATA += catalogs/examples/server.yaml
dist_examples_DATA += catalogs/examples/statement.yaml
dist_examples_DATA += catalogs/examples/upstream.yaml

examplesopenapidir = $(examplesdir)/openapi
dist_examplesopenapi_DATA = catalogs/examples/openapi/orders.json
