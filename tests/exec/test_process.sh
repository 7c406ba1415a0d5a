#!/bin/sh
# What becomes of the program: its exit status, signals, orphans, stdin; whether we outlive it.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need bpftool

status() { # NAME WANT COMMAND...
	name=$1 want=$2
	shift 2
	run "$@"
	if [ "$code" = "$want" ]; then echo "ok - $name"; else bad "$name" "status $code, not $want"; fi
}
status "the exit status is the program's" 7 sh -c 'exit 7'
status "a signal that ended it ends us" 143 sh -c 'kill -TERM $$'
status "a program that is not there: 127" 127 ./nonesuch/at/all
status "one that cannot be executed: 126" 126 /
status "orphans are waited for" 0 sh -c '(sleep 0.2; bpftool version >/dev/null) & exit 0'

run "$B/skep" exec -- sh -c 'bpftool map create /sys/fs/bpf/x type array key 4 value 4 entries 1 \
	name x && "$0" exec -- bpftool map show name x | head -n 1' "$B/skep"
same "one inside of another has the outer one's instance" '1: array  name x  flags 0x0'

run sh -c 'echo "$1" "$2"; cat' sh --stats "two words" </dev/null
same "arguments are the program's own" "--stats two words"

run sh -c 'grep -h "^NoNewPrivs\|^SigBlk" /proc/self/status; ulimit -n'
same "signals and limits are as they were" "SigBlk:	0000000000000000
NoNewPrivs:	1
$(ulimit -n)"

"$B/skep" exec -- sleep 30 &
pid=$!
sleep 0.3
kill -TERM $pid
wait $pid 2>/dev/null
[ $? -eq 143 ] && echo "ok - SIGTERM to us is passed on" || bad "SIGTERM to us is passed on" "status $?"

"$B/skep" exec -- sh -c 'echo $$ >"$0"; exec sleep 30' "$out.pid" &
pid=$!
sleep 0.3
kill -KILL $pid
wait $pid 2>/dev/null
sleep 0.2
if grep -q 'State:	[RSD]' "/proc/$(cat "$out.pid")/status" 2>/dev/null; then bad "the program does not outlive a killed supervisor" ""
else echo "ok - the program does not outlive a killed supervisor"; fi
rm -f "$out.pid"
done_testing
