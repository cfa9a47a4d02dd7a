#!/bin/sh
# pack_manual.sh PAGES FOLDER: each page, packed, into FOLDER/manN.
set -e
rm -rf "$2"
for page in "$1"/*.[15]; do
    section=$2/man${page##*.}
    mkdir -p "$section"
    gzip -9nc "$page" >"$section/$(basename "$page").gz"
done
