#!/bin/sh
# Every implemented helper has a case, but for those in tests/helper/uncased, which is only to shrink.
without=$(
	for name in $(awk -F'[(,] *' '/^HELPER\(/ { print $3 }' src/helper/helper.def); do
		grep -rqE "\b($name|BPF_FUNC_$name)\b" tests --include='*.[ch]' --include='*.def' \
			--include='*.sh' --include='*.txt' || echo "$name"
	done)
new=$(echo "$without" | grep -vxF -f tests/helper/uncased)
old=$(echo "$without" | grep -vxF "" | LC_ALL=C sort | LC_ALL=C comm -13 - tests/helper/uncased)
echo "# $(echo "$without" | grep -c .) helpers are implemented and have no case"
if [ -n "$new$old" ]; then
	echo "not ok - helpers without a case are those of tests/helper/uncased"
	[ -z "$new" ] || echo "$new" | sed 's/^/# has none: /'
	[ -z "$old" ] || echo "$old" | sed 's/^/# has one now, take it off the list: /'
	exit 1
fi
echo "ok - helpers without a case are those of tests/helper/uncased"
