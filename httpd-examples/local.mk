# what httpd-examples/ adds to the build
httpd_examples =
httpd_examples += httpd-examples/Caddyfile
httpd_examples += httpd-examples/apache-cgi.conf
httpd_examples += httpd-examples/apache-fcgid.conf
httpd_examples += httpd-examples/apache-proxy_fcgi.conf
httpd_examples += httpd-examples/h2o.conf
httpd_examples += httpd-examples/htaccess
httpd_examples += httpd-examples/lighttpd-cgi.conf
httpd_examples += httpd-examples/lighttpd.conf
httpd_examples += httpd-examples/nginx.conf
httpd_examples += httpd-examples/systemd/sallyport-keeper.service
httpd_examples += httpd-examples/systemd/sallyport-index.service
httpd_examples += httpd-examples/systemd/sallyport-runner.service
httpd_examples += httpd-examples/systemd/sallyport.target
httpd_examples += httpd-examples/systemd/sallyport@.service
httpd_examples += httpd-examples/systemd/sallyport@.socket
EXTRA_DIST += $(httpd_examples)

# Installed with the paths of this installation in place of the packaged ones.
install-data-hook: install-httpd-examples
install-httpd-examples:
	$(MKDIR_P) '$(DESTDIR)$(docdir)/httpd-examples/systemd'
	for file in $(httpd_examples); do \
		$(SED) -e 's|/usr/libexec/sallyport|$(cgibindir)|g' \
			-e 's|/usr/bin/sallyport|$(bindir)/sallyport|g' \
			-e 's|/usr/share/sallyport|$(pkgdatadir)|g' \
			-e 's|/etc/sallyport|$(sysconfdir)/sallyport|g' \
			'$(srcdir)/'"$$file" > '$(DESTDIR)$(docdir)/'"$$file" && \
		chmod 644 '$(DESTDIR)$(docdir)/'"$$file" || exit 1; \
	done
uninstall-hook: uninstall-httpd-examples
uninstall-httpd-examples:
	rm -rf '$(DESTDIR)$(docdir)/httpd-examples'
.PHONY: install-httpd-examples uninstall-httpd-examples
