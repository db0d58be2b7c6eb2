# what tests/browser/ adds to the build
