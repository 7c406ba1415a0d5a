# What a shell does in a bpffs on /sys/fs/bpf; test_bpffs.sh runs it on Linux and under skep exec.
cd /
b=/sys/fs/bpf
say() { echo "$*: $("$@" 2>&1)"; }
list() { ls -A "$@" | grep -v '\.debug$' | sort; } # without those that Linux puts there
kind() { stat -c '%F %a %h' "$1" 2>&1; }
bpftool map create $b/m type hash key 4 value 8 entries 4 name m
bpftool map create $b/m type hash key 4 value 8 entries 4 name m 2>&1
kind $b/m
say mkdir $b/d
say mkdir $b/d
say mkdir $b/x.y
say mkdir -p $b/e/f/g
(cd $b/e; pwd; list; /bin/pwd; mkdir here; ls -d here f/g; cd f && /bin/pwd; cd /; /bin/pwd; ls -d $b/e/here; rmdir $b/e/here)
say rmdir $b/e
say rmdir $b/e/f/g
say mv $b/m $b/e/f/m
list $b $b/e $b/e/f
find $b | grep -v debug | sort
say ln -s e/f/m $b/link
say readlink $b/link
bpftool map update pinned $b/link key 1 0 0 0 value 1 2 3 4 5 6 7 8
bpftool map dump pinned $b/e/f/m | grep -v '^Found' | head -1
say ln $b/e/f/m $b/hard
kind $b/hard
say rm $b/link
say rm $b/nothing
say rm -r $b/e
kind $b/hard
bpftool -j map show pinned $b/hard | grep -o '"name":"[^"]*"'
say touch $b/new
say cat $b/hard
say chmod 640 $b/hard
kind $b/hard
kind $b
stat -f -c %T $b $b/hard
(test -d $b/d; echo $?; test -f $b/hard; echo $?; test -L $b/hard; echo $?; test -e $b/nothing; echo $?)
list $b/../bpf/d/..
mkdir $b/many
for i in $(seq 300); do mkdir $b/many/entry_with_a_longer_name_$i; done
ls $b/many | wc -l
rm -r $b/many
say mv $b/hard /tmp
for f in $(list $b); do rm -r $b/$f; done
list $b
mkdir -p "$1"
mount -t bpf bpf "$1" && stat -f -c %T "$1" && mkdir "$1/inner" && list "$1"
bpftool map create "$1/inner/seen" type array key 4 value 8 entries 4 name seen
bpftool -f map show name seen | sed 's/^[0-9]*:/ID:/' | tr '\t' ' '
grep " bpf " /proc/self/mounts | cut -d ' ' -f 2 | sort -u
umount "$1" && ls -A "$1"
