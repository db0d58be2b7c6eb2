# what lib/oauth/ adds to the build
