#!/bin/sh
# Every helper and kfunc that has code has a case: somebody calls it by its number or name.
without=$(
	for name in $(awk -F'[(,] *' '/^HELPER\(/ { print $3 }' src/helper/helper.def) \
		$(awk -F'[(,] *' '/^KFUNC\(/ { print substr($2, 5) }' src/helper/kfunc.def); do
		grep -rqE "(\bbpf_|\bBPF_FUNC_|\bSTEP\()$name\b" tests --include='*.[ch]' \
			--include='*.def' --include='*.txt' || echo "$name"
	done)
echo "# $(echo "$without" | grep -c .) helpers and kfuncs are implemented and have no case"
if [ -n "$without" ]; then
	echo "not ok - every helper and kfunc has a case"
	echo "$without" | sed 's/^/# has none: /'
	exit 1
fi
echo "ok - every helper and kfunc has a case"
