# what tests/t/ adds to the build
