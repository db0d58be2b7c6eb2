# what tests/clients/ adds to the build
