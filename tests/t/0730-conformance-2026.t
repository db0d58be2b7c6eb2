#!/bin/bash
# The official MCP conformance suite: protocol 2026-07-28.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/conformance.sh"
conformance_start "${HTTPD:-nginx}" && conformance 2026-07-28
