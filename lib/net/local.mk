# what lib/net/ adds to the build
