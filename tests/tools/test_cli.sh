#!/bin/sh
# The command as people use it: each message, each option.  Run from the top of the tree.
. tests/tools/cli.sh

exits 0 "" --help
exits 0 "" help run
exits 0 "" --version
exits 2 ""
exits 2 'skep: there is no command "rnu"; did you mean "run"?' rnu
exits 2 'skep: there is no command "frobnicate"' frobnicate
exits 2 'skep run: missing argument: skep run OBJECT [PROGRAM]' run
exits 2 'skep run: one argument too many: "c"' run a b c
exits 2 'skep run: there is no option "--pcpa"; did you mean --pcap?' run --pcpa x
exits 2 'skep run: there is no option "-x"' run -x
exits 2 'skep run: --repeat wants a number from 1 on, not "many"' run x --repeat many
exits 2 'skep run: --engine wants one of jit interp checked, not "fast"' run x --engine fast
exits 2 'skep run: --kernel wants a version such as 5.15, not "new"' run x --kernel new
exits 2 'skep run: --json takes no argument' run x --json=1
exits 2 'skep run: --pcap wants an argument: FILE' run x --pcap
exits 2 'skep run: --map wants two arguments: NAME KEY=VALUE' run x --map a
exits 2 'skep run: give one of --pcap, --data and --hex' run x --hex 00 --pcap y
exits 2 'skep run: --out wants packets: --pcap, --data or --hex' run x --out y

drop=$examples/drop.bpf.o
exits 1 'nothing.o: No such file or directory' run nothing.o --pcap $pcap
exits 1 "$pcap: not an ELF file; compile with clang -O2 -g -target bpf -c" run $pcap
exits 1 'skep: nothing.pcap: No such file or directory' \
	run "$drop" --pcap nothing.pcap
exits 1 'skep: --hex: byte 1: "zz" is no pair of hex digits' run "$drop" --hex 00zz
exits 1 'there is no program "nope"; the object holds drop (xdp)' run "$drop" nope --pcap $pcap
exits 1 "$(echo 'the object holds several programs; name one of' \
	'parse_ipv4 (xdp), parse_ipv6 (xdp), parse_tcp (xdp), parse_udp (xdp), parse (xdp)')" \
	run "$examples/parse.bpf.o" --pcap $pcap
exits 1 'skep: there is no map "nope"; the object has blocked' run "$drop" --pcap $pcap --map nope 1=1
exits 1 'skep: --map blocked: "1" has no '"'='"' between key and value' run "$drop" --map blocked 1
exits 1 'skep: blocked: key: "x" is not a number' run "$drop" --pcap $pcap --map blocked x=0
exits 1 'skep: blocked: value: there is no member "nope"' \
	run "$drop" --pcap $pcap --map blocked '1.2.3.4={nope: 1}'
exits 1 'skep: blocked: value: hex: wants 32 digits for 16 bytes, not 2' \
	run "$drop" --pcap $pcap --map blocked 1.2.3.4=hex:00
head -c 1000 "$drop" >"$tmp/cut.o"
exits 1 "$tmp/cut.o: the section table lies outside of the file; is it truncated?" run "$tmp/cut.o"
head -c 2000 $pcap >"$tmp/cut.pcap"
"$skep" run "$drop" --pcap "$tmp/cut.pcap" --out "$tmp/passed.pcap" >/dev/null 2>"$tmp/err"
report "a truncated capture is told" "1 skep: $tmp/cut.pcap: packet" \
	"$? $(grep -o "^skep: $tmp/cut.pcap: packet" "$tmp/err")"
report "and leaves no output behind" "" "$(ls "$tmp" | grep passed)"
echo '{"blocked": {"192.0.2.1": 0,}}' >"$tmp/bad.json"
exits 1 "skep: $tmp/bad.json: line 1: a name is missing" run "$drop" --pcap $pcap --maps "$tmp/bad.json"

for engine in checked interp jit; do
	shows '  XDP_DROP: 24' run "$drop" --pcap $pcap --map blocked 192.0.2.1=0 --engine $engine
done
shows '      "192.0.2.1" = {packets: 24, bytes: 7555}' run "$drop" drop --pcap $pcap \
	--map blocked '192.0.2.1={packets: 0}'
shows '      "192.0.2.1" = {packets: 24, bytes: 7555}' run "$drop" xdp --pcap $pcap \
	--map blocked hex:c0000201=hex:00000000000000000000000000000000
"$skep" run "$drop" --pcap $pcap --json --map blocked 192.0.2.1=0 >"$tmp/run.json"
sed -n '/"maps"/,$p' "$tmp/run.json" | sed '1s/.*/{/; $d' >"$tmp/maps.json"
shows '      "192.0.2.1" = {packets: 48, bytes: 15110}' run "$drop" --pcap $pcap --maps "$tmp/maps.json"
shows '  XDP_PASS: 1' run "$drop" --hex '020000000001 020000000002 0800 45000014 00000000 4006 0000 0a000001 0a000002'
"$skep" run "$drop" --pcap $pcap --map blocked 192.0.2.1=0 --out "$tmp/passed.pcap" >"$tmp/out"
shows 'packets: 76' run "$drop" --pcap "$tmp/passed.pcap"
"$skep" run "$drop" --pcap - <$pcap >"$tmp/out"
report "a capture comes from stdin" 1 "$(grep -cx 'packets: 100' "$tmp/out")"
shows '  cut to 64 bytes: 27' run "$examples/socket.bpf.o" --pcap $pcap
shows '    count: 3' run "$examples/events.bpf.o" --pcap $pcap --records 1
shows '      ... and 2 more; --records N shows more' run "$examples/events.bpf.o" --pcap $pcap --records 1
shows '  connection to port 8001' run "$examples/events.bpf.o" --pcap $pcap
exits 1 'skep: --record-type: the object has no struct "nope"' \
	run "$examples/events.bpf.o" --pcap $pcap --record-type nope
"$skep" run "$examples/parse.bpf.o" parse --pcap $pcap --json >"$tmp/out"
report "tail calls reach what the prog array holds" 1 "$(grep -c '"tcp": 38' "$tmp/out")"

"$skep" dis "$examples/socket.bpf.o" --plain | "$skep" asm - --out "$tmp/insns"
report "what dis writes, asm reads" "$("$skep" dis "$examples/socket.bpf.o" --plain)" \
	"$("$skep" dis --raw "$tmp/insns" --plain)"
shows '   0: (b7) r0 = 2' dis --hex 'b7 00 00 00 02 00 00 00 95 00 00 00 00 00 00 00'
exits 1 'skep: 3 bytes are no whole number of instructions of 8 bytes' dis --hex 010203
exits 2 'skep dis: give an object or --hex' dis
exits 1 "skep: $drop: there is no function or section \"nope\" with instructions" dis "$drop" nope
printf 'r0 = 2\nfrob\n' >"$tmp/bad.s"
"$skep" asm "$tmp/bad.s" 2>"$tmp/err"
report "asm names file and line" "1 skep: $tmp/bad.s:2:" "$? $(grep -o "^skep: $tmp/bad.s:2:" "$tmp/err")"
shows '  BPF_MAP_TYPE_HASH                            3.19     works' features 'map types'
shows '  BPF_MAP_TYPE_RINGBUF                         5.8      not in this Linux' features 'map types' --kernel 5.7
exits 1 'skep: there is no list "nope"; there are commands, map types, program types, helpers, kfuncs and instructions' \
	features nope
"$skep" completion | bash -n 2>"$tmp/err"
report "the completion is bash" "0 " "$? $(cat "$tmp/err")"
completes() { # LINE WANTED
	report "completes: $1" "$2" "$(bash --norc -c '. /dev/stdin; COMP_WORDS=($1); [ "${1% }" = "$1" ] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _skep; echo "${COMPREPLY[*]}"' bash "$1" <"$tmp/completion" 2>&1)"
}
"$skep" completion >"$tmp/completion"
completes 'skep ru' run
completes 'skep run --rec' '--records --record-type'
completes 'skep run --engine ' 'jit interp checked'
completes 'skep run --pcap ' ''
completes 'skep run --pcap x --tr' --trust
exit $fail
