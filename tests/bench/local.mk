# what tests/bench/ adds to the build
