#!/bin/sh
# Named instances: what one program makes another finds; whose they are; what happens at the end.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need bpftool
name=test-$$

$AS "$B/skep" serve --name $name &
server=$!
EXEC_OPTIONS="--name $name"
run bpftool map create /sys/fs/bpf/kept type array key 4 value 8 entries 2 name kept
run bpftool map show
same "a pinned map outlives the program that made it" '1: array  name kept  flags 0x0
	key 4B  value 8B  max_entries 2  memlock 328B'

run sh -c 'bpftool map create /sys/fs/bpf/own type hash key 4 value 8 entries 2 name own
	ls /sys/fs/bpf; exit 3'
[ $code -eq 3 ] && echo "ok - the exit status is the program's" || bad "the exit status" "$code"
same "pins are in the instance" 'kept
own'

$AS "$B/skep" serve --name $name >"$out" 2>&1
code=$?
[ $code -ne 0 ] && grep -q 'there is an instance of that name' "$out" &&
	echo "ok - a name is given once" || bad "a name is given once" "$(cat "$out")"

if [ "$(id -u)" = 0 ]; then
	"$B/skep" exec --name $name -- true >"$out" 2>&1
	code=$?
	[ $code -eq 125 ] && grep -q 'Operation not permitted' "$out" &&
		echo "ok - another user is refused" || bad "another user is refused" "$code $(cat "$out")"
fi

# two at a time, of which one is killed
$AS "$B/skep" exec --name $name -- sleep 30 &
sleeper=$!
sleep 0.3
kill -KILL $sleeper
wait $sleeper 2>/dev/null
run bpftool map show name own
[ $code -eq 0 ] && echo "ok - a killed joiner leaves the rest alone" ||
	bad "a killed joiner leaves the rest alone" "$(cat "$out")"

$AS "$B/skep" exec --name $name -- sleep 30 >"$out" 2>&1 &
sleeper=$!
sleep 0.3
$AS "$B/skep" serve --name $name --stop && wait $server && echo "ok - it is stopped" ||
	bad "it is stopped" "$?"
wait $sleeper
code=$?
[ $code -eq 125 ] && grep -q 'has ended, and the program with it' "$out" &&
	echo "ok - programs end with it, and say why" || bad "programs end with it" "$code $(cat "$out")"

$AS timeout 20 "$B/skep" exec --name $name -- true >"$out" 2>&1
[ $? -eq 125 ] && grep -q "skep serve --name $name" "$out" &&
	echo "ok - without a server there is advice" || bad "without a server there is advice" "$(cat "$out")"
done_testing
