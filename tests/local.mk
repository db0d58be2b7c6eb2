# what tests/ adds to the build
include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/t/local.mk
include tests/clients/local.mk
include tests/browser/local.mk
include tests/bench/local.mk
