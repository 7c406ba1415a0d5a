#!/bin/sh
# A shell finds under skep exec the bpffs that it would find on Linux.
B=${B:-build}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
need bpftool
point=$(mktemp -d)
trap 'rm -rf "$out" "$out".* "$point"' EXIT
chmod 777 "$point"
umask 022

run sh "$here/bpffs.sh" "$point"
if [ "$(id -u)" = 0 ] && unshare -m sh -c 'mount -t bpf bpf /sys/fs/bpf && bpftool map' >/dev/null 2>&1; then
	unshare -m sh -c 'mount -t bpf bpf /sys/fs/bpf && exec sh "$0" "$1"' "$here/bpffs.sh" "$point" \
		>"$out.linux" 2>&1
	same "as on Linux" "$(cat "$out.linux")"
elif [ "$code" = 0 ]; then
	echo "ok - as on Linux # SKIP no bpffs of Linux's to compare with; it ran"
else
	bad "it runs" "$(cat "$out")"
fi
done_testing
