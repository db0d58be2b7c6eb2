# what catalogs/ adds to the build
