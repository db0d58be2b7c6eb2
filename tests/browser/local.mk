# what tests/browser/ adds to the build, with what it shares with tests/clients/
EXTRA_DIST += tests/lib/node.sh
EXTRA_DIST += tests/lib/tap.mjs
EXTRA_DIST += tests/lib/sallyport.mjs
EXTRA_DIST += tests/browser/package.json
EXTRA_DIST += tests/browser/package-lock.json
EXTRA_DIST += tests/browser/.npmrc
EXTRA_DIST += tests/browser/browser.mjs
EXTRA_DIST += tests/browser/flow.mjs
EXTRA_DIST += tests/browser/limits.mjs
EXTRA_DIST += tests/browser/pages.mjs
EXTRA_DIST += tests/browser/screenshots
EXTRA_DIST += tests/browser/screenshots.mjs
t_tests += tests/t/0600-browser.t
t_tests += tests/t/0601-browser-limits.t
t_tests += tests/t/0602-browser-pages.t
