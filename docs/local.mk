# what docs/ adds to the build
dist_man_MANS += docs/man/sallyport.conf.5
EXTRA_DIST += docs/errors.md
dist_man_MANS += docs/man/sallyport.1
dist_man_MANS += docs/man/sallyport-cgi.8
dist_man_MANS += docs/man/sallyport-index.1
