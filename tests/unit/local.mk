# what tests/unit/ adds to the build
