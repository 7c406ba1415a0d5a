# logs.awk: hold a verifier's log (first file) beside the recorded one (second file), line by line in
# their order; addresses and times masked.  Prints LINES and SAME, and the first lines that differ to
# `differing`.
function mask(s) {
	sub(/\(18\) r[0-9]+ = 0x[0-9a-f]+/, "(18) rN = 0xKPTR", s)
	sub(/\(18\) r[0-9]+ = 0xKPTR/, "(18) rN = 0xKPTR", s)
	gsub(/0xffff[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]/, "0xKPTR", s)
	sub(/verification time [0-9N]+ usec/, "verification time N usec", s)
	return s
}
{ line = mask($0) }
FILENAME == ARGV[1] { here[FNR] = line; next }
{ lines++ }
line == here[FNR] && FNR in here { same++; next }
!shown++ {
	print name ":" FNR >>differing
	print "  linux  " line >>differing
	print "  here   " (FNR in here ? here[FNR] : "(no such line)") >>differing
}
END { print lines + 0 "\t" same + 0 }
