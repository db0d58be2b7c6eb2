# what lib/base/ adds to the build
