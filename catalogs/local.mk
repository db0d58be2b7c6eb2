# what catalogs/ adds to the build

codesearchdir = $(pkgdatadir)/catalogs/codesearch
dist_codesearch_DATA =
dist_codesearch_DATA += catalogs/codesearch/10-tables.sql
