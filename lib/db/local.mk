# what lib/db/ adds to the build
