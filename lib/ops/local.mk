# what lib/ops/ adds to the build
