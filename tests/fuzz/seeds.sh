#!/bin/sh
# seeds.sh BUILD: what the fuzzers start from, in BUILD/corpus: the examples as objects, their BTF, and
# their instructions behind the four bytes that fuzz_verifier reads first.
set -e
corpus=$1/corpus
mkdir -p "$corpus/fuzz_object" "$corpus/fuzz_btf" "$corpus/fuzz_verifier" "$corpus/fuzz_insns"
for o in "$1"/examples/*.bpf.o; do
	name=$(basename "$o" .bpf.o)
	cp "$o" "$corpus/fuzz_object/$name"
	llvm-objcopy -O binary --only-section=.BTF --set-section-flags .BTF=alloc "$o" \
		"$corpus/fuzz_btf/$name"
	llvm-objcopy -O binary --only-section=xdp --only-section=tc --only-section=socket "$o" \
		"$corpus/fuzz_insns/$name"
	for type in 0 2 5; do # socket filter, classifier, XDP
		{ printf "\\$type\\0\\0\\0"; cat "$corpus/fuzz_insns/$name"; } \
			>"$corpus/fuzz_verifier/$name.$type"
	done
done
