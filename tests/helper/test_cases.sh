#!/bin/sh
# Every helper and kfunc that has code has a case.
without=$(
	for name in $(awk -F'[(,] *' '/^HELPER\(/ { print $3 }' src/helper/helper.def) \
		$(awk -F'[(,] *' '/^KFUNC\(/ { print $2 }' src/helper/kfunc.def); do
		grep -rqE "\b(bpf_|BPF_FUNC_)?$name\b" tests --include='*.[ch]' --include='*.def' \
			--include='*.sh' --include='*.txt' || echo "$name"
	done)
echo "# $(echo "$without" | grep -c .) helpers and kfuncs are implemented and have no case"
if [ -n "$without" ]; then
	echo "not ok - every helper and kfunc has a case"
	echo "$without" | sed 's/^/# has none: /'
	exit 1
fi
echo "ok - every helper and kfunc has a case"
