# what lib/jose/ adds to the build
