#!/bin/bash
# skep verify: verdicts, figures and exit statuses on objects of the examples and the tests.
. tests/tap.sh
skep=$B/skep
own=$B/tests/tools/objects

for object in "$B"/examples/*.bpf.o; do
	"$skep" verify "$object" >"$tmp/out" 2>"$tmp/err"
	report "$(basename "$object") is accepted" "0 0" "$? $(grep -c refused "$tmp/out")"
done
"$skep" verify "$own/bounds.bpf.o" packet >"$tmp/out" 2>"$tmp/err"
report "a refusal is status 1" 1 $?
report "with the line of C, the instruction and Linux's reason" \
	"return data[2000]; @ bounds.bpf.c:20|1: (71) r0 = *(u8 *)(r1 +2000)|R1 offset is outside of the packet" \
	"$(sed -n '2,4s/^ *//p' "$tmp/out" | paste -sd'|')"
"$skep" verify "$own/bounds.bpf.o" >"$tmp/out" 2>"$tmp/err"
report "all programs of an object" "1 3" "$? $(grep -c ': refused (' "$tmp/out")"
"$skep" verify "$own/bounds.bpf.o" null --log 2 >"$tmp/out" 2>"$tmp/err"
report "Linux's log" 1 "$(grep -c '^Live regs before insn:' "$tmp/out")"
"$skep" verify "$B/examples/drop.bpf.o" --json >"$tmp/out" 2>"$tmp/err"
report "JSON" '"drop" "accepted"' "$(awk -F': |,' '/"program":|"verdict":/ { print $2 }' "$tmp/out" | paste -sd' ')"
"$skep" verify README.md >"$tmp/out" 2>"$tmp/err"
report "what is no object is status 2" 2 $?
"$skep" verify "$B/examples/drop.bpf.o" nobody >"$tmp/out" 2>"$tmp/err"
report "so is a program that is not there" 2 $?
exit $fail
