# what cgi-bin/ adds to the build
