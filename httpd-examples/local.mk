# what httpd-examples/ adds to the build
