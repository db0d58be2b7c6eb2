# what lib/people/ adds to the build
