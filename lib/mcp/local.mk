# what lib/mcp/ adds to the build
