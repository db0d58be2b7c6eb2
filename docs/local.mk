# what docs/ adds to the build
dist_man_MANS += docs/man/sallyport.conf.5
EXTRA_DIST += docs/errors.md
