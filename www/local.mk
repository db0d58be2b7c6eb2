# what www/ adds to the build
