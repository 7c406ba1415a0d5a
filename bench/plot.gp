# gnuplot -e "dir='build/bench'" bench/plot.gp: each engine's time over Linux's JIT's
set terminal svg size 1100,480 font "sans-serif,12" background "#ffffff"
set output dir."/bench.svg"
set datafile separator "\t"
set datafile missing "-"
set style data histograms
set style histogram clustered gap 1.5
set style fill solid 0.9 noborder
set logscale y 2
set yrange [0.125:64]
set ylabel "time of a run / Linux's JIT (log scale, lower is faster)"
set xtics rotate by -35
set grid ytics lc rgb "#dddddd"
set key outside top center horizontal
set title "The same C on each engine, fastest of ten, less the cost of an empty run"
plot dir."/plot.tsv" using "skep jit":xtic(1) title "skep JIT" lc rgb "#e6a100", \
     "" using "linux" title "Linux JIT" lc rgb "#444444", \
     "" using "native" title "gcc -O2" lc rgb "#7a9e3a", \
     "" using "dpdk jit" title "DPDK JIT" lc rgb "#6b8fc9", \
     "" using "skep interp" title "skep interpreter" lc rgb "#f5d27a", \
     "" using "dpdk interp" title "DPDK interpreter" lc rgb "#c4d3ec"
