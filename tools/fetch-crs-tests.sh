#!/usr/bin/env bash
# usage: tools/fetch-crs-tests.sh FOLDER
# Puts the regression tests of the Core Rule Set there, from the source package of Debian's modsecurity-crs: with the
# package sources of this machine, read as sources of source packages, in folders that are thrown away again.
set -euo pipefail
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/parts" "$work/source" "$work/unpacked"

for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  if [[ -e $file ]]; then sed -nE 's/^deb(-src)?[[:space:]]/deb-src /p' "$file"; fi
done | sort -u >"$work/sources.list"
for file in /etc/apt/sources.list.d/*.sources; do
  if [[ -e $file ]]; then sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"; fi
done

apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o "Dir::Etc::sourceparts=$work/parts" -o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work/source" && "${apt[@]}" source --download-only modsecurity-crs)

for archive in "$work"/source/*.orig.tar.*; do tar -xf "$archive" -C "$work/unpacked"; done
found=$(find "$work/unpacked" -type d -path '*/tests/regression/tests' -print -quit)
[[ -n $found ]]
mkdir -p "$(dirname "$target")"
rm -rf "$target"
cp -r "$found" "$target"
echo "$(find "$target" -name '*.yaml' | wc -l) files of tests in $target"
