# what sql/ adds to the build
