# gnuplot -e "dir='build/bench'" bench/plot.gp: each engine's time over Linux's JIT's
machine = system("cat ".dir."/machine.txt")
set terminal svg size 1200,640 font "sans-serif,14" background "#ffffff"
set output dir."/bench.svg"
set datafile separator "\t"
set datafile missing "-"
set title "The same C on each engine: time of a run, less that of an empty program\nfastest of ten, ".machine noenhanced
set key outside bottom center horizontal samplen 1 spacing 1.3
set border 3 lc rgb "#888888"
set logscale y 2
set yrange [0.125:128]
set ytics nomirror ("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8, "16" 16, "32" 32, "64" 64) textcolor rgb "#222222"
set ylabel "times Linux's JIT (lower is faster)"
set xtics nomirror rotate by -35 scale 0 textcolor rgb "#222222"
set offsets 0.5, 0.5, 0, 0
set grid xtics ytics lt 1 lc rgb "#e4e4e4"
data = dir."/plot.tsv"
plot data using 0:"dpdk interp":xtic(1) title "DPDK interpreter" with points pt 4 ps 1 lw 1.5 lc rgb "#8aa7d6", \
     data using 0:"skep interp" title "skep interpreter" with points pt 5 ps 1 lc rgb "#c98a2b", \
     data using 0:"dpdk jit" title "DPDK JIT" with points pt 8 ps 1.1 lw 1.5 lc rgb "#4a6fb5", \
     data using 0:"native" title "gcc -O2" with points pt 12 ps 1.2 lw 1.5 lc rgb "#5e8f2e", \
     1 title "Linux JIT" with lines lw 2 lc rgb "#444444", \
     data using 0:"skep jit" title "skep JIT" with points pt 7 ps 1.2 lc rgb "#d1440c"
