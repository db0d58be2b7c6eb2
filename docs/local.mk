# what docs/ adds to the build
