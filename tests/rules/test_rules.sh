#!/bin/sh
# The rules of style that a command can check.  Run from the top of the tree.
fail=0
report() { # NAME OFFENDERS
	if [ -n "$2" ]; then
		fail=1
		echo "not ok - $1"
		echo "$2" | sed 's/^/# /'
	else
		echo "ok - $1"
	fi
}

# A folder includes only folders that stand before it in src/LAYERS (and itself).
report "a folder includes only lower ones" "$(
	awk '
	NR == FNR { rank[$1] = NR; next }
	FNR == 1 { split(FILENAME, part, "/"); own = part[2] }
	/^#include "/ {
		split($2, inc, /["\/]/)
		if (inc[2] in rank && own in rank && rank[inc[2]] > rank[own])
			print FILENAME ": " $0
		if (!(own in rank))
			print FILENAME ": " own " is not in src/LAYERS"
	}' src/LAYERS $(find src -name '*.[ch]' -o -name '*.def'))"

report "no file has more than 1,000 lines" "$(
	wc -l $(find src tests include examples bench -name '*.[ch]' ! -name 'abi_*.h') |
		awk '$2 != "total" && $1 > 1000 { print $2 ": " $1 }')"

report "no function has more than 100 lines, but the interpreter's loop" "$(
	awk '
	FNR == 1 { open = 0; file = FILENAME }
	/^{/ { open = FNR }
	/^}/ { if (open && FNR - open > 100) print FILENAME ":" open ": " FNR - open " lines"; open = 0 }
	' $(find src -name '*.[ch]' ! -path 'src/interp/loop*'))"

report "95 % of the functions have 60 lines or fewer" "$(
	awk '
	FNR == 1 { open = 0 }
	/^{/ { open = FNR }
	/^}/ { if (open) { n++; long += FNR - open > 60 }; open = 0 }
	END { if (long * 20 > n) print long " of " n " functions are longer" }
	' $(find src -name '*.c'))"

report "no line is longer than 100 columns" "$(
	for f in $(find src include -name '*.[ch]'); do
		expand -t8 "$f" | awk -v f="$f" 'length > 100 { print f ":" NR ": " length }'
	done)"

report "#if stands only in base/, jit/ and include guards" "$(
	grep -nE '^ *# *(if|ifdef|elif) ' -r src --include='*.[ch]' |
		grep -vE '^src/(base|jit)/|#if 0' ;
	grep -nE '^ *# *if 0' -r src --include='*.[ch]')"

report "every header compiles alone" "$(
	for h in $(find src include -name '*.h'); do
		grep -q 'include it for its rows\|X-macro template\|Included by' "$h" && continue
		printf '#include "%s"\n' "$h" |
			${CC:-gcc} -std=gnu11 -I. -Isrc -Iinclude -I"${B:-build}/gen" -D_GNU_SOURCE -Wall \
				-fsyntax-only -x c - 2>&1 | grep error | head -n 1
	done)"

report "no promise is left in the code" "$(
	grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -r src tests include examples bench --include='*.[ch]')"

report "every test can be executed" "$(find tests -name 'test_*.sh' ! -perm -100)"

report "there are no mutable globals" "$(
	find "${B:-build}/obj/src" -name '*.o' ! -path '*/tools/*' -exec objdump -t {} + |
		awk '/file format/ { file = $1 } / O / && / (\.data|\.bss|\.tbss|\.tdata|\*COM\*)[ \t]/ { print file " " $NF }' |
		grep -v src/load/process.o | head -n 20)"

exit $fail
