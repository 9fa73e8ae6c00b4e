"""The command line: parse, one library call, print. Results go to stdout, everything else to stderr."""
