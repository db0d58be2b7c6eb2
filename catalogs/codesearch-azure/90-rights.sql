-- codesearch-azure: tools run under the role of the tools, and so do these functions.
GRANT USAGE ON SCHEMA codesearch_azure TO sallyport_tool;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA codesearch_azure FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA codesearch_azure TO sallyport_tool;
