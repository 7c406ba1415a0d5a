#!/bin/sh
# --caps and --as-root: what clients are told, and what bpf() holds them to.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need gcc
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$out" "$out".* "$work"' EXIT
gcc -O1 -w "$here/caps.c" -o "$work/caps" -lbpf || bad "caps.c compiles" "gcc failed"

full="CapInh:	0000000000000000
CapPrm:	000001ffffffffff
CapEff:	000001ffffffffff
CapBnd:	000001ffffffffff"
shown='grep "^Cap[IPEB][nrfn][hmfd]:" /proc/self/status'
run sh -c "$shown"
same "all: a full set is shown" "$full"
run cat /proc/sys/kernel/unprivileged_bpf_disabled
same "all: others may nothing" "2"

EXEC_OPTIONS="--caps virtual"
run sh -c "$shown"
same "virtual: a full set is shown" "$full"
run "$work/caps"
same "virtual: dropped and taken back" "with all: made
without effective ones: EPERM
the child of that: EPERM
taken back: made
after giving them away: EPERM
and: EPERM"

EXEC_OPTIONS="--caps none"
run sh -c "$shown | grep -v 0000000000000000"
same "none: an empty set is shown" ""
run cat /proc/sys/kernel/unprivileged_bpf_disabled
same "none: unprivileged users may" "0"
run "$work/caps"
same "none: as Linux answers the unprivileged" "with all: EPERM
without effective ones: EPERM
the child of that: EPERM
taken back: EPERM
after giving them away: taken back
and: EPERM"

EXEC_OPTIONS="--as-root"
run sh -c 'id -u; id -ru; id -g; grep "^[UG]id:" /proc/self/status'
same "as root: uid 0 everywhere" "0
0
0
Uid:	0	0	0	0
Gid:	0	0	0	0"

EXEC_OPTIONS="--caps some"
run true
[ "$code" = 2 ] && echo "ok - an unknown word is a usage error" || bad "an unknown word is a usage error" "status $code"
done_testing
