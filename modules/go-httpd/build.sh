#!/bin/sh
# A static program: Go's own resolver and no C library.
set -e
mkdir -p build
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOCACHE="$PWD/build/cache"
go build -trimpath -o build/go-httpd main.go
