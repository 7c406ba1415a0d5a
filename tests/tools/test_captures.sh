#!/bin/bash
# Captures of every kind that people have, and what is none.  Run from the top of the tree.
. tests/tools/cli.sh

bytes() { # HEX...
	local hex="$*"
	printf "$(sed 's/../\\x&/g' <<<"${hex// /}")"
}
le() { # WIDTH NUMBER: little-endian hex
	local i out=
	for ((i = 0; i < $1; i++)); do out+=$(printf %02x $(($2 >> 8 * i & 255))); done
	echo $out
}
pcap() { # LINKTYPE HEX [LENGTH-ON-THE-WIRE]
	local n=$((${#2} / 2))
	bytes d4c3b2a1 02000400 00000000 00000000 $(le 4 65535) $(le 4 $1)
	bytes $(le 4 1700000000) $(le 4 0) $(le 4 $n) $(le 4 ${3:-$n}) $2
}
pcapng() { # HEX, of a whole number of 4 bytes
	local n=$((${#1} / 2))
	bytes 0a0d0d0a $(le 4 28) 4d3c2b1a 01000000 ffffffffffffffff $(le 4 28)
	bytes 01000000 $(le 4 20) 01000000 00000000 $(le 4 20)
	bytes 06000000 $(le 4 $((32 + n))) 00000000 00000000 00000000 $(le 4 $n) $(le 4 $n) $1 \
		$(le 4 $((32 + n)))
}
mac=020000000001020000000002
ip=450000140000000040060000c000020ac0000201 # 192.0.2.10 > 192.0.2.1
ip6=600000000000404020010db800000000000000000000000120010db8000000000000000000000002
drop=$examples/drop.bpf.o
dropped() { # NAME FILE
	shows "$1" '  XDP_DROP: 1' run "$drop" --pcap "$2" --map blocked 192.0.2.10=0
}
shows() { # NAME LINE ARGUMENT...
	local name=$1 line=$2
	shift 2
	"$skep" "$@" >"$tmp/out" 2>&1
	report "$name" 1 "$(grep -cxF -- "$line" "$tmp/out")"
}

pcap 1 ${mac}0800$ip >"$tmp/ethernet"
dropped "Ethernet" "$tmp/ethernet"
pcapng ${mac}0800${ip}0000 >"$tmp/ng"
dropped "pcapng" "$tmp/ng"
pcap 101 $ip >"$tmp/raw"
dropped "raw IP" "$tmp/raw"
pcap 228 $ip >"$tmp/raw4"
dropped "raw IPv4" "$tmp/raw4"
pcap 0 02000000$ip >"$tmp/null"
dropped "BSD loopback" "$tmp/null"
pcap 113 00000001000602000000000100000800$ip >"$tmp/sll"
dropped "Linux cooked" "$tmp/sll"
pcap 276 0800000000000001000100060200000000010000$ip >"$tmp/sll2"
dropped "Linux cooked, v2" "$tmp/sll2"
pcap 229 $ip6 >"$tmp/raw6"
"$skep" run "$examples/count.bpf.o" --pcap "$tmp/raw6" >"$tmp/out" 2>&1
report "raw IPv6 becomes a frame of IPv6" 1 "$(grep -c '^      64 = .*packets: 1, bytes: 54' "$tmp/out")"
pcap 127 00000800000000004500 >"$tmp/radiotap"
exits 1 "skep: $tmp/radiotap: frames of type IEEE802_11_RADIO; skep reads Ethernet, raw IP and Linux cooked captures" \
	run "$drop" --pcap "$tmp/radiotap"
pcap 1 ${mac}0800$ip 1514 >"$tmp/cut"
shows "packets that the capture cut are told" 'cut short: 1' run "$drop" --pcap "$tmp/cut"
pcap 1 "" >"$tmp/void"
shows "a packet of no bytes is one that a classifier does not take" 'not run: 1' \
	run "$examples/rewrite.bpf.o" --pcap "$tmp/void"

head -c 24 $pcap >"$tmp/none"
shows "a capture without packets" 'packets: 0' run "$drop" --pcap "$tmp/none"
: >"$tmp/empty"
exits 1 "skep: $tmp/empty: the file is empty; a capture is what tcpdump -w writes" \
	run "$drop" --pcap "$tmp/empty"
echo 'no capture at all' >"$tmp/text"
exits 1 "skep: $tmp/text: not a capture (pcap or pcapng, as tcpdump -w writes): unknown file format" \
	run "$drop" --pcap "$tmp/text"
exits 1 "skep: $tmp: not a capture (pcap or pcapng, as tcpdump -w writes): error reading dump file: Is a directory" \
	run "$drop" --pcap "$tmp"

# A capture may be of any size: it is streamed.  The writer is 100 MB further when memory is looked at.
tail -c +25 $pcap >"$tmp/body"
for i in $(seq 100); do cat "$tmp/body"; done >"$tmp/bodies"
mkfifo "$tmp/pipe"
"$skep" run "$examples/count.bpf.o" --pcap - --engine jit <"$tmp/pipe" >"$tmp/out" &
exec 3>"$tmp/pipe"
{ head -c 24 $pcap; for i in $(seq 40); do cat "$tmp/bodies"; done; } >&3
child=$(pgrep -P $!)
peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$child/status")
exec 3>&-
wait $!
report "400,000 packets come through a pipe" "packets: 400000" "$(grep '^packets:' "$tmp/out")"
report "and take less than 32 MB ($peak kB)" 1 $((peak > 0 && peak < 32768))

# On a terminal: a progress bar after a second, colours; neither elsewhere.
on_terminal() { script -qec "$*" /dev/null </dev/null | tr '\r' '\n'; }
if command -v script >/dev/null; then
	{ head -c 24 $pcap; for i in $(seq 40); do cat "$tmp/bodies"; done; } >"$tmp/big"
	report "a bar tells how far a long run is" 1 "$(on_terminal "$skep" run "$examples/count.bpf.o" \
		--pcap "$tmp/big" --engine checked --repeat 5 | grep -c '^\[#* *\] *[0-9]* %  [0-9]* packets' | sed 's/^[1-9].*/1/')"
	report "a short one has none" 0 "$(on_terminal "$skep" run "$drop" --pcap $pcap | grep -c '^\[')"
	report "keys are bold" 1 "$(on_terminal "$skep" run "$drop" --pcap $pcap | grep -c $'^\e\[1mpackets:\e\[0m 100')"
	report "but not with NO_COLOR" 1 \
		"$(on_terminal NO_COLOR=1 "$skep" run "$drop" --pcap $pcap | grep -c '^packets: 100')"
else
	echo "ok - a bar tells how far a long run is # SKIP there is no script(1)"
fi
report "elsewhere there are no colours" 0 "$("$skep" run "$drop" --pcap $pcap | grep -c $'\e')"
exit $fail
