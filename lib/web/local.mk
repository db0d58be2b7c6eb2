# what lib/web/ adds to the build
