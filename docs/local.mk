# what docs/ adds to the build
dist_man_MANS += docs/man/sallyport.conf.5
EXTRA_DIST += docs/architecture.md
EXTRA_DIST += docs/errors.md
dist_man_MANS += docs/man/sallyport.1
dist_man_MANS += docs/man/sallyport-cgi.8
dist_man_MANS += docs/man/sallyport-index.1
EXTRA_DIST += docs/images/consent-dark.png
EXTRA_DIST += docs/images/consent-light.png
EXTRA_DIST += docs/images/consent-phone.png
EXTRA_DIST += docs/images/consent-program-light.png
EXTRA_DIST += docs/images/flow.svg
EXTRA_DIST += docs/images/error-dark.png
EXTRA_DIST += docs/images/error-light.png
EXTRA_DIST += docs/images/error-phone.png
EXTRA_DIST += docs/images/signin-dark.png
EXTRA_DIST += docs/images/signin-light.png
EXTRA_DIST += docs/images/signin-phone.png
