#!/bin/sh
# Makes ./configure from configure.ac; needed once in a git checkout.
cd "$(dirname "$0")" && exec autoreconf --install --force
