#!/bin/sh
# Objects live as long as fds do, attacks fail, nothing leaks, anybody may be killed at any time.
# SKEP_LONG=1 does as much as the numbers in the plan.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need ${CC:-gcc} setpriv

dir=$(mktemp -d)
trap 'rm -rf "$dir" "$out"' EXIT
chmod 755 "$dir"
for source in "$here"/probes/*.c; do
	${CC:-gcc} -O1 -o "$dir/$(basename "$source" .c)" "$source" || bad "$source" "it does not compile"
done

makes=5000 trees=15 kills=20
[ -z "$SKEP_LONG" ] || makes=100000 trees=10000 kills=1000

# all_yes NAME MINIMUM: the last run said yes to everything, so many times at least.
all_yes() {
	if [ "$code" -eq 0 ] && ! grep -q ': NO$' "$out" && [ "$(grep -c ': yes$' "$out")" -ge "$2" ]
	then echo "ok - $1"; else bad "$1" "status $code: $(cat "$out")"; fi
}

run "$dir/lives"
all_yes "objects live as long as fds, copies, mappings and messages hold them" 15
run "$dir/attack"
all_yes "a client cannot change what it was given" 15
run "$dir/signals"
all_yes "signals come once, between calls" 3
run "$dir/busy"
all_yes "a billion runs delay nobody, and end when they are killed" 3

LIMIT=600
run sh -c "$dir/churn $makes; ls /proc/\$PPID/fd | wc -l; sed -n 's/VmRSS:[^0-9]*\([0-9]*\) .*/\1/p' /proc/\$PPID/status"
all_yes "$makes are made and closed" 2
fds=$(tail -n 2 "$out" | head -n 1) rss=$(tail -n 1 "$out")
[ "$fds" -lt 400 ] && [ "$rss" -lt 20000 ] && echo "ok - and leave no fd and no memory behind" ||
	bad "and leave no fd and no memory behind" "$fds fds, $rss KiB"

# Trees of which the middle ends first, under one supervisor.
run sh -c "
	i=0
	while [ \$i -lt $trees ]; do
		sh -c '($dir/churn 5 >/dev/null &) ; exec $dir/churn 5' || exit 1
		i=\$((i + 1))
	done
	sleep 1
	$dir/churn 1"
sed -i -e '$!{/left/d}' "$out" # the others see each other's
all_yes "$trees trees come and go" $trees

# Processes that are left of a run: they have its token in their environment.
left() {
	grep -lzs "^SKEP_TEST=$$\$" /proc/[0-9]*/environ | wc -l
}

i=0
while [ $i -lt $kills ]; do
	SKEP_TEST=$$ "$B/skep" exec -- sh -c "
		$dir/churn 100000 >/dev/null & $dir/churn 100000 >/dev/null & wait" 2>/dev/null &
	pid=$!
	# at a moment that differs each time, now the supervisor, now a client
	sleep "0.0$((i * 7 % 10))$((i * 3 % 10))"
	case $((i % 3)) in
	0) kill -KILL $pid ;;
	1) pkill -KILL -P "$(pgrep -P $pid | head -n 1)"; sleep 0.01; kill -KILL $pid ;;
	2) kill -KILL $(pgrep -P $pid) 2>/dev/null; kill -TERM $pid ;;
	esac 2>/dev/null
	wait $pid 2>/dev/null
	i=$((i + 1))
done
sleep 1
for pid in $(grep -lzs "^SKEP_TEST=$$\$" /proc/[0-9]*/environ | cut -d/ -f3); do
	name=$(cat /proc/"$pid"/comm 2>/dev/null)
	[ "$name" = churn ] || echo "# left: $pid $name"
done
# what was not killed ends by itself: its calls fail, they do not hang
tries=0
while [ "$(left)" -gt 0 ] && [ $tries -lt 50 ]; do
	sleep 0.2
	tries=$((tries + 1))
done
[ "$(left)" -eq 0 ] && echo "ok - $kills kills leave nobody hanging" ||
	bad "$kills kills leave nobody hanging" "$(left) processes are left"
done_testing
