# what bin/ adds to the build
