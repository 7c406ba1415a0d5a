# rows.awk: hold a probe's table (first file) beside the recorded one (second file).
#
# In: key, verdict, text: lists of columns; group: a column or "-"; rules: what puts a row out of scope;
# later: map types that skep has not yet, types: program types that it has.  Rows with the same key are matched in their order.
# Out: "GROUP rows same words verdict out" on stdout, where `same` is all of a row, `words` the rows that
# differ in their words alone; the rows that differ to `differing`, as on Linux and as here.

function cut(list,    n, i, c, s) {
	n = split(list, c, ",")
	for (i = 1; i <= n; i++)
		s = s "\t" $c[i]
	return substr(s, 2)
}

# What differs from one run, or from one row of a range, to the next.
function mask(s) {
	gsub(/duration=[^ ]*/, "duration=*", s)
	sub(/off=[-0-9N]+ size=[-0-9N]+/, "off=N size=N", s)
	return s
}

function words_of_row() {
	# how long the log of statistics is depends on the time it names
	if ($1 == "log_buf" && match($2, /log_level=[0-9]+/) && \
	    int(substr($2, RSTART + 10, RLENGTH - 10) / 4) % 2)
		return "*"
	return mask(cut(text))
}

# "CGROUP_SOCK/CGROUP_INET_SOCK_CREATE": a type, and as what it is attached.
function type_of(s) {
	sub(/\/.*/, "", s)
	return s
}

function out_of_scope() {
	if (has_rule["map"] && $4 in is_later)
		return 1
	if (has_rule["map"] && $1 == 15316 && FNR > 10000) # depends on a random seed
		return 1
	if (has_rule["unpriv"] && /^unpriv/) # Linux's sysctl is not as it was
		return 1
	return has_rule["type"] && !(type_of($1) in is_ours)
}

# map_probe numbers the maps that it makes, and skips numbers where it cannot make one.  What counts
# is which one of its group and type it is; where a row tells all of a map, not even that.
function number_of_map(    g) {
	if ($3 ~ /^create/)
		return 0
	g = file SUBSEP $3 SUBSEP $4
	if (last_seq[g] != $2) {
		last_seq[g] = $2
		nr_seq[g]++
	}
	return nr_seq[g]
}

function group_of_row(    s) {
	if (group == "-")
		return "all"
	s = $group
	sub(/[. \/].*/, "", s)
	return s
}

function learn_range(k, v, w,    o) {
	for (o = $6; o <= $7; o++) {
		here_verdict[k, o] = v
		here_words[k, o] = w
	}
}

# 0 the same, 1 other words, 2 another verdict.  A range of offsets is as bad as its worst.
function judge(k, v, w) {
	if (!(k in here_verdict) || here_verdict[k] != v)
		return 2
	return here_words[k] != w
}

function judge_range(k, v, w,    o, j, worst) {
	for (o = $6; o <= $7; o++) {
		j = judge(k SUBSEP o, v, w)
		if (j > worst)
			worst = j
	}
	return worst + 0
}

BEGIN {
	FS = OFS = "\t"
	n = split(rules, r, ",")
	for (i = 1; i <= n; i++)
		has_rule[r[i]] = 1
	n = split(types, t, " ")
	for (i = 1; i <= n; i++)
		is_ours[t[i]] = 1
	n = split(later, m, " ")
	for (i = 1; i <= n; i++)
		is_later[m[i]] = 1
	printf "" >differing
}

FNR == 1 { file++; attach = 0 }
/^#attach/ { attach = 1 }
/^#/ || $1 == "row" || attach { next } # after that line stand rows of another shape

{
	k = cut(key)
	if (has_rule["map_number"])
		k = k SUBSEP number_of_map()
	v = cut(verdict)
	w = words_of_row()
}

file == 1 && has_rule["range"] {
	if (FNR > 1)
		learn_range(k, v, w)
	next
}
!has_rule["range"] { k = k SUBSEP (++seen[file, k]) }
file == 1 {
	here_verdict[k] = v
	here_words[k] = w
	next
}

FNR == 1 { next }

{
	g = group_of_row()
	rows[g]++
	if (out_of_scope()) {
		out[g]++
		next
	}
	j = has_rule["range"] ? judge_range(k, v, w) : judge(k, v, w)
	if (!j) {
		same[g]++
		next
	}
	differs[g, j]++
	print (j == 1 ? "words" : "verdict"), "linux", $0 >differing
	if (has_rule["range"])
		k = k SUBSEP $6
	print "", "here", k in here_verdict ? here_verdict[k] : "(no such row)", here_words[k] >differing
}

END {
	for (g in rows)
		print g, rows[g], same[g] + 0, differs[g, 1] + 0, differs[g, 2] + 0, out[g] + 0
}
