#!/bin/sh
# The libraries as others use them: installed, linked dynamically and statically, beside libbpf.
. tests/tap.sh

make -s install B="$B" DESTDIR="$tmp" PREFIX=/usr >/dev/null 2>&1
report "install puts everything in place" 0 $?
lib=$tmp/usr/lib
export PKG_CONFIG_PATH="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$tmp"
CC=${CC:-gcc}

report "libskep.so exports skep_* alone" "" \
	"$(nm -D --defined-only "$lib/libskep.so" | awk '$2 != "A" { print $3 }' | grep -v '^skep_')"
report "libskep.a exports skep_* alone" "" \
	"$(nm -g --defined-only "$lib/libskep.a" | awk 'NF == 3 { print $3 }' | grep -v '^skep_')"
report "libskep-bpf.so exports libbpf's names and skep_* alone" "" \
	"$(nm -D --defined-only "$lib/libskep-bpf.so" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' |
		grep -vE '^(skep|(lib)?bpf|btf|(perf|ring|user_ring)_buffer)_')"

object=$B/examples/drop.bpf.o
verdicts="verdict 2: 1024000 packets"
$CC -Wall -O2 examples/embed.c -o "$tmp/embed" $(pkg-config --cflags --libs skep)
report "embed works with libskep.so" "$verdicts" \
	"$(LD_LIBRARY_PATH=$lib "$tmp/embed" "$object" 2>&1 | head -n 1)"
$CC -Wall -O2 examples/embed.c -o "$tmp/embed" -I"$tmp/usr/include" "$lib/libskep.a" -lelf -lz -lpthread
report "embed works with libskep.a" "$verdicts" "$("$tmp/embed" "$object" 2>&1 | head -n 1)"

object=$B/examples/events.bpf.o
said="retval 2, polled 3, then 0, seen 3"
$CC -Wall tests/load/consumer.c -o "$tmp/consumer" $(pkg-config --cflags --libs skep-bpf)
report "a program written for -lbpf works with libskep-bpf.so" "$said" \
	"$(LD_LIBRARY_PATH=$lib "$tmp/consumer" "$object" 2>&1)"
$CC -Wall tests/load/consumer.c -o "$tmp/consumer" "$lib/libskep-bpf.a" -lelf -lz -lpthread
report "a program written for -lbpf works with libskep-bpf.a" "$said" "$("$tmp/consumer" "$object" 2>&1)"
$CC -Wall tests/load/consumer.c -o "$tmp/consumer" $(pkg-config --libs skep-bpf) -Wl,--no-as-needed -lbpf
report "libskep-bpf refuses to be beside another libbpf" \
	"libskep-bpf: another libbpf is in this process; link with one of the two alone" \
	"$(LD_LIBRARY_PATH=$lib "$tmp/consumer" "$object" 2>&1)"
exit $fail
