#!/usr/bin/python3
"""Boots a program as a virtual machine of its own and returns its output and its exit status."""
import os
import sys

from kiln.run import main

if __name__ == '__main__':
    status = main(sys.argv[1:])
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    os._exit(status)        # a thread may still wait for standard input, which need not end
