# what tests/bench/ adds to the build
noinst_PROGRAMS += tests/bench/floor
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD = $(FCGI_LIBS) $(LIBPQ_LIBS)
EXTRA_DIST += tests/bench/run
EXTRA_DIST += tests/bench/redeem.lua
EXTRA_DIST += tests/bench/refresh.lua
EXTRA_DIST += tests/bench/request.lua
EXTRA_DIST += tests/bench/streams
EXTRA_DIST += tests/bench/search-quality/questions.tsv
EXTRA_DIST += tests/bench/search-quality/report.sql
EXTRA_DIST += tests/bench/search-quality/run
EXTRA_DIST += tests/bench/search-quality/ways.sql
