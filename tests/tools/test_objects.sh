#!/bin/sh
# Objects that people bring: broken ones, other ones, ones that go wrong when they run, ones that ask
# for something.  Run from the top of the tree.
. tests/tools/cli.sh
own=$B/tests/tools/objects
load=$B/tests/load/objects
frame=00000000000000000000000008004500001400000000400600000a0000010a000002

# What is no BPF object.
exits 1 "$tmp: Is a directory" run "$tmp"
echo 'int x;' | ${CC:-gcc} -x c -c - -o "$tmp/x86.o"
exits 1 "$tmp/x86.o: made for machine 62, not for BPF; compile with clang -target bpf" run "$tmp/x86.o"
exits 1 "skep: $tmp/x86.o: made for machine 62, not for BPF; compile with clang -target bpf" dis "$tmp/x86.o"
size=$(wc -c <"$examples/parse.bpf.o")
survived=0
for part in 1 2 3 4 5 6 7 8 9; do
	head -c $((size * part / 10)) "$examples/parse.bpf.o" >"$tmp/part.o"
	"$skep" run "$tmp/part.o" parse --hex $frame >"$tmp/out" 2>"$tmp/err"
	[ $? = 1 ] && grep -q "^$tmp/part.o: " "$tmp/err" && survived=$((survived + 1))
done
report "every truncated object is named and refused" 9 $survived
legacy=$(llvm-readelf -S "$own/legacy.bpf.o" | sed -n 's/^ *\[ *\([0-9]*\)\] maps .*/\1/p')
exits 1 "$own/legacy.bpf.o: section $legacy (maps): maps as before libbpf 1.0; declare them in SEC(\".maps\"), with __uint(type, ..), __type(key, ..), ..." \
	run "$own/legacy.bpf.o"

# What goes wrong while it runs.
"$skep" run "$own/loop.bpf.o" --engine checked --hex 00 >"$tmp/out" 2>"$tmp/err"
report "an endless loop ends" "1 is it an endless loop?" "$? $(grep -o 'is it an endless loop?' "$tmp/err")"
faults() { # PROGRAM WORDS
	"$skep" run "$own/bounds.bpf.o" "$1" --engine checked --hex 00 --out "$tmp/$1.pcap" >"$tmp/out" 2>"$tmp/err"
	report "$1: a bad access is told" "1 1" "$? $(grep -c "^skep: $1: packet 1: insn [0-9]*: .*$2" "$tmp/err")"
	report "$1: and leaves no output behind" "" "$(ls "$tmp" | grep "^$1")"
}
faults packet 'reads 1 bytes at 0x[0-9a-f]*, 2000 bytes past the packet'
faults value 'writes 8 bytes'
faults null 'reads 8 bytes'

# What is there or not, by version.
exits 1 "prog 'drop': BPF program load failed: Invalid argument" run "$examples/drop.bpf.o" --hex $frame --kernel 4.7
report "and says what came later" "skep: drop wants BPF_PROG_TYPE_XDP, which came with Linux 4.8; --kernel says 4.7" \
	"$(grep wants "$tmp/err")"
"$skep" run "$examples/events.bpf.o" --hex $frame --kernel 5.7 >"$tmp/out" 2>"$tmp/err"
report "a map that came later" "1 skep: map events wants BPF_MAP_TYPE_RINGBUF, which came with Linux 5.8; --kernel says 5.7" \
	"$? $(grep wants "$tmp/err" | head -n 1)"
exits 2 'skep run: --kernel goes from 3.18, which brought bpf(2), to 6.18, not "6.19"' run x --kernel 6.19
exits 2 'skep run: --kernel goes from 3.18, which brought bpf(2), to 6.18, not "2.6"' run x --kernel 2.6
exits 2 'skep run: --kernel wants a version such as 5.15, not "6"' run x --kernel 6
shows '  NF_ACCEPT: 1' run "$load/sections.bpf.o" hook --hex $frame
shows '  TC_ACT_REDIRECT: 1' run "$load/sections.bpf.o" classify --hex $frame

# Types of another kernel: CO-RE.
shows 'returned: 24' run "$load/core.bpf.o" --btf "$load/types.bpf.o"
llvm-objcopy --dump-section .BTF="$tmp/types.btf" "$load/types.bpf.o"
shows 'returned: 24' run "$load/core.bpf.o" --btf "$tmp/types.btf"
if [ -r /sys/kernel/btf/vmlinux ]; then
	shows "$("$skep" run "$load/core.bpf.o" --btf /sys/kernel/btf/vmlinux | grep returned)" run "$load/core.bpf.o"
	report "which is the host's" 0 "$(grep -cxF 'returned: -1' "$tmp/out")"
fi
exits 1 'nothing.btf: No such file or directory' run "$load/core.bpf.o" --btf nothing.btf
exits 1 'README.md: section 1 (.BTF): not BTF' run "$load/core.bpf.o" --btf README.md
head -c 100 "$tmp/types.btf" >"$tmp/cut.btf"
"$skep" run "$load/core.bpf.o" --btf "$tmp/cut.btf" >"$tmp/out" 2>"$tmp/err"
report "truncated types" "1 $tmp/cut.btf: section 1 (.BTF)" "$? $(grep -o "^$tmp/cut.btf: section 1 (.BTF)" "$tmp/err")"
exits 1 "$tmp/x86.o: made for machine 62, not for BPF; compile with clang -target bpf" \
	run "$load/core.bpf.o" --btf "$tmp/x86.o"

# What types a program can be run on.
exits 1 'skep: where: BPF_PROG_TYPE_SYSCALL takes no packets but --ctx alone, all that it reads' \
	run "$load/core.bpf.o" --hex $frame
exits 1 "skep: drop: BPF_PROG_TYPE_XDP wants a packet (--pcap, --data, --hex) of an Ethernet header or more, perhaps with --ctx, a struct xdp_md; with 0 bytes of packet and 0 of context Linux and skep say: Invalid argument" \
	run "$examples/drop.bpf.o"
exits 1 'skep: --hex: no bytes; a packet has at least one' run "$examples/drop.bpf.o" --hex ''
exits 1 'skep: /dev/null: no bytes; a packet has at least one' run "$examples/drop.bpf.o" --data /dev/null
exits 2 'skep run: --repeat wants a number from 1 on, not "0"' run x --repeat 0
exits 1 "skep: $tmp/no/x.pcap: cannot be written: No such file or directory" \
	run "$examples/drop.bpf.o" --pcap $pcap --out "$tmp/no/x.pcap"
exits 1 "skep: $tmp: cannot be written: Is a directory" run "$examples/drop.bpf.o" --pcap $pcap --out "$tmp"

# Maps and variables.
set=$own/settings.bpf.o
shows '  XDP_DROP: 1' run "$set" --hex 00 --map .rodata port=443
shows '      seen: 8' run "$set" --hex 00 --map .bss seen=7
shows '      {source: "10.0.0.1", port: 443, pad: 0} = {colour: "GREEN", name: "web", mac: [2, 0, 0, 0, 0, 1], weights: [-1, 2]}' \
	run "$set" --hex 00 --map flows \
	'{source: 10.0.0.1, port: 443}={colour: GREEN, name: "web", mac: 02:00:00:00:00:01, weights: [-1, 2]}'
how="skep: it is written so: --map flows '{source: \"0.0.0.0\", port: 0, pad: 0}={colour: 0, name: \"\", mac: [0, 0, 0, 0, 0, 0], weights: [0, 0]}'"
wrong() { # ENTRY WHAT
	exits 1 "skep: flows: $2" run "$set" --hex 00 --map flows "$1"
	report "$1: and says how" "$how" "$(tail -n 1 "$tmp/err")"
}
wrong '{source: 10.0.0.1}=0,0' 'value: "0,0": something follows the value'
wrong '10.0.0=0' 'key: 8 bytes want {member: value} or hex:.., not "10.0.0"'
wrong '0={colour: BLUE}' 'value: "BLUE" is none of RED, GREEN'
wrong '0={weights: [1, 2, 3]}' "value: more than the array's 2 elements"
wrong '0={weights: [70000]}' 'value: 70000 does not fit in 16 bits'
wrong '0={' "value: \"{\": a name is missing"
exits 1 'skep: settings.rodata: there is no variable "prt"; it has port' run "$set" --hex 00 --map .rodata prt=1
exits 1 'skep: settings.rodata: port: 70000 does not fit in 16 bits' run "$set" --hex 00 --map .rodata port=70000
exits 1 'skep: counts: keys go from 0 to 3' run "$set" --hex 00 --map counts 4=1
exits 1 'skep: events: entries of a ringbuf cannot be set from the command line' \
	run "$examples/events.bpf.o" --hex $frame --map events 0=1
# What --json shows can be given back: entries, values of CPUs, variables.
"$skep" run "$set" --hex 00 --json --map flows '{port: 1}={name: "x"}' --map counts 2=5 >"$tmp/run.json"
sed -n '/"maps"/,$p' "$tmp/run.json" | sed '1s/.*/{/; $d' >"$tmp/maps.json"
shows '      seen: 2' run "$set" --hex 00 --maps "$tmp/maps.json"
report "entries come back" 1 "$(grep -c '{source: "0.0.0.0", port: 1, pad: 0} = {colour: 0, name: "x"' "$tmp/out")"
report "values of CPUs come back" 1 "$(grep -c '^      2 = \[5\(, 5\)*\]' "$tmp/out")"
report "and count on" 1 "$(grep -cE '^      3 = \[(0, )*(2|1, (0, )*1)(, 0)*\]' "$tmp/out")"
exit $fail
