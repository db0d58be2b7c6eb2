#!/bin/bash
# The official MCP conformance suite: the revisions with sessions.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/conformance.sh"
conformance_start "${HTTPD:-nginx}" && conformance 2025-11-25 2025-06-18
