#!/bin/bash
# The systemd units are well-formed, and the services are kept in a small box.
. "$(dirname "$0")/../lib/tap.sh"
command -v systemd-analyze >/dev/null || skip_all "systemd-analyze is not installed"
units=$(mktemp -d /tmp/sallyport-t.XXXXXX) || exit 1
trap 'rm -rf "$units"' EXIT

cp "$top_srcdir"/httpd-examples/systemd/* "$units/"
# a program that is there, for the test only
sed -i 's|^ExecStart=.*|ExecStart=/bin/true|' "$units"/*.service

is_empty "systemd finds nothing wrong" \
	"$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify "$units"/* 2>&1 | grep -F sallyport)"
for unit in "$units"/*.service; do
	exposure=$(systemd-analyze security --offline=true "$unit" 2>/dev/null |
		sed -nE 's/.*exposure level for [^:]*: ([0-9.]+) .*/\1/p')
	like "exposure of ${unit##*/}: $exposure, at most 1.5 of 10" '^(0\.[0-9]|1\.[0-5])$' "$exposure"
done
done_testing
