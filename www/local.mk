# What www/ adds to the build.  The web server serves static/ at static_url;
# the programs read templates/ from template_dir.
templatesdir = $(pkgdatadir)/templates
dist_templates_DATA =
dist_templates_DATA += www/templates/asker.html
dist_templates_DATA += www/templates/consent.html
dist_templates_DATA += www/templates/signin.html
dist_templates_DATA += www/templates/refused.html
dist_templates_DATA += www/templates/error.html
dist_templates_DATA += www/templates/index.html
dist_templates_DATA += www/templates/tools.html
dist_templates_DATA += www/templates/foot.html
dist_templates_DATA += www/templates/head.html
dist_templates_DATA += www/templates/top.html

staticdir = $(pkgdatadir)/static
dist_static_DATA =
dist_static_DATA += www/static/mark.svg
dist_static_DATA += www/static/sallyport.css
