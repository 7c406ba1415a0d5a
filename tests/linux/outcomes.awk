# outcomes.awk: hold outcomes by name (first file: KEY, GROUP, OUTCOME) beside recorded ones (second file,
# the same columns, and what else is to be known): "GROUP rows same 0 differ out".  What was skipped for want of a privilege is out.
BEGIN {
	FS = "\t"
	printf "" >differing
}
FNR == 1 { file++ }
file == 1 {
	here[$1, $2] = $3
	next
}
{
	rows[$2]++
	h = ($1, $2) in here ? here[$1, $2] : "none"
	if (h == $3) {
		same[$2]++
	} else if (h == "SKIP" && $2 == "unprivileged") {
		out[$2]++
	} else {
		differs[$2]++
		print $1 "\t" $2 "\tlinux " $3 "\there " h "\t" $4 >differing
	}
}
END {
	for (g in rows)
		print g "\t" rows[g] "\t" same[g] + 0 "\t0\t" differs[g] + 0 "\t" out[g] + 0
}
