#!/bin/sh
# Programs of every kind: static ones, with skeletons, in Python, in Go (where there is a compiler).
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need ${CC:-gcc}
CC=${CC:-gcc}

dir=$(mktemp -d)
trap 'rm -rf "$dir" "$out"' EXIT
chmod 755 "$dir"
skip() { echo "ok - $1 # SKIP there is no $2"; }

$CC -static -O1 -o "$dir/lives" "$here/probes/lives.c"
run "$dir/lives"
[ $code -eq 0 ] && [ "$(grep -c ': yes$' "$out")" -eq 15 ] && echo "ok - a static program" ||
	bad "a static program" "$(cat "$out")"

skeleton='run: 0
counter 15 seen 30 records 10 samples 10
counter 110 seen 60'
if command -v clang >/dev/null && command -v bpftool >/dev/null; then
	clang -target bpf -O2 -g -mcpu=v3 -I"/usr/include/$(uname -m)-linux-gnu" \
		-c "$here/kinds/skeleton.bpf.c" -o "$dir/skeleton.bpf.o"
	bpftool gen skeleton "$dir/skeleton.bpf.o" name skeleton >"$dir/skeleton.h"
	$CC -O1 -I"$dir" -o "$dir/skeleton" "$here/kinds/skeleton.c" -lbpf
	run "$dir/skeleton"
	same "a skeleton, with global data and both buffers" "$skeleton"
	$CC -O1 -static -I"$dir" -o "$dir/static" "$here/kinds/skeleton.c" -lbpf -lelf -lz 2>/dev/null
	run "$dir/static"
	same "and a static one" "$skeleton"
else
	skip "a skeleton" "clang or bpftool"
fi

if command -v python3 >/dev/null; then
	run python3 "$here/kinds/map.py"
	same "Python" 'map True True
update 0
lookup 0 7
lookup -2'
else
	skip Python python3
fi

if command -v go >/dev/null && [ -d /usr/share/gocode/src/github.com/cilium/ebpf ]; then
	GO111MODULE=off GOPATH=/usr/share/gocode CGO_ENABLED=0 GOCACHE="$dir/cache" \
		go build -o "$dir/map" "$here/kinds/map.go"
	run "$dir/map"
	same "Go, with cilium/ebpf" 'elements 100
returned 7
record [42 0 0 0 0 0 0 0]'
else
	skip Go "Go compiler with golang-github-cilium-ebpf-dev"
fi
done_testing
