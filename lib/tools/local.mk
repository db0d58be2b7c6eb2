# what lib/tools/ adds to the build
