#!/bin/sh
# Runs each fuzz target of the module for FUZZTIME, one after the other.
set -eu
go=${GO:-go}
time=${FUZZTIME:-10s}
ran=0
for file in $(git ls-files '*_test.go'); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "== ./$(dirname "$file") $target"
		"$go" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "./$(dirname "$file")"
		ran=$((ran + 1))
	done
done
echo "$ran fuzz targets ran for $time each"
test "$ran" -gt 0
