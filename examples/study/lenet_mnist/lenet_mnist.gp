# Draws the study's pictures; examples/plot.sh prepares the tables and sets these variables:
#   tables    folder with ticket.txt, reinit.txt, random-mask.txt (weights left in %, then mean, least and greatest test
#             accuracy in %, then the same of the iteration), levels.txt (level, weights left) and level-N.txt (iteration,
#             mean test accuracy in %)
#   output    folder for the pictures        kind    png or svg
#   subtitle, bars    what was run, and what the bars are        iterations    of each training
#   dense_accuracy, dense_iteration    means of level 0
#   reinit, random_mask, history    1 where there is such a table
#   lowest    percent from which accuracy_by_iteration begins
# Colours are Okabe & Ito's; no two lines share a point shape, for those who see no colours.
if (kind eq "png") {
  set terminal pngcairo size 1000,640 font "DejaVu Sans,13" linewidth 1.3 background "#ffffff"
} else {
  set terminal svg size 1000,640 font "DejaVu Sans,Arial,sans-serif,16" linewidth 1.3 background "#ffffff"
}
set border 3 linewidth 0.8
set tics nomirror out
set grid ytics linecolor rgb "#e4e4e4" linewidth 0.6 linetype 1
set key outside top center horizontal samplen 3 spacing 1.3 height 0.5
set lmargin 11
set rmargin 4
set bars 0.6

picture(name) = output."/".name.".".kind
table(name) = tables."/".name.".txt"
heading(text, below) = text."\n{/*0.8 ".below."}"

# Blue circles, vermilion triangles, green squares; the whole network and the end of training are grey lines.
set style line 1 linecolor rgb "#0072B2" linewidth 2 pointtype 7 pointsize 1.1
set style line 2 linecolor rgb "#D55E00" linewidth 2 pointtype 8 pointsize 1.3 dashtype (8, 4)
set style line 3 linecolor rgb "#009E73" linewidth 2 pointtype 4 pointsize 1.1 dashtype (3, 3)
set style line 8 linecolor rgb "#707070" linewidth 1.2 dashtype (2, 4)
set style line 9 linecolor rgb "#707070" linewidth 1.4 dashtype (12, 4, 2, 4)

stats table("ticket") using 1 name "weights" nooutput
set xlabel "weights left (%), logarithmic"
set logscale x 2
set xrange [112:weights_min / 1.12]
set xtics (100, 70, 50, 30, 20, 15, 10, 7, 5, 3, 2, 1.5, 1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
set offsets graph 0, 0, 0.03, 0.03

# The bars of one level stand side by side.
aside = exp(0.006 * log(100 / weights_min))

# Drawn from the least to the most important; the key has its own order. Loops of 1 to 0 leave out what is not there
# (their file is opened all the same, and must be one).
reinit_table = table(reinit ? "reinit" : "ticket")
random_table = table(random_mask ? "random-mask" : "ticket")

set title heading("Test accuracy at the early stop", subtitle.bars)
set ylabel "test accuracy (%)"
set format y "%.4g"
set output picture("early_stop_accuracy")
plot dense_accuracy with lines linestyle 9 title "whole network", \
  for [i = 1:random_mask] random_table using ($1 * aside):2:3:4 with yerrorbars linestyle 3 dashtype 1 linewidth 1 notitle, \
  for [i = 1:random_mask] random_table using ($1 * aside):2 with linespoints linestyle 3 notitle, \
  for [i = 1:reinit] reinit_table using ($1 / aside):2:3:4 with yerrorbars linestyle 2 dashtype 1 linewidth 1 notitle, \
  for [i = 1:reinit] reinit_table using ($1 / aside):2 with linespoints linestyle 2 notitle, \
  table("ticket") using 1:2:3:4 with yerrorbars linestyle 1 linewidth 1 notitle, \
  table("ticket") using 1:2 with linespoints linestyle 1 title "ticket", \
  for [i = 1:reinit] keyentry with linespoints linestyle 2 title "same mask, new weights", \
  for [i = 1:random_mask] keyentry with linespoints linestyle 3 title "same weights, random mask"

set title heading("Iteration of the early stop", subtitle.bars)
set ylabel "iteration of least validation loss"
set format y "%.0f"
set yrange [0:1.04 * iterations]
set output picture("early_stop_iteration")
plot dense_iteration with lines linestyle 9 title "whole network", \
  iterations with lines linestyle 8 notitle, \
  for [i = 1:random_mask] random_table using ($1 * aside):5:6:7 with yerrorbars linestyle 3 dashtype 1 linewidth 1 notitle, \
  for [i = 1:random_mask] random_table using ($1 * aside):5 with linespoints linestyle 3 notitle, \
  for [i = 1:reinit] reinit_table using ($1 / aside):5:6:7 with yerrorbars linestyle 2 dashtype 1 linewidth 1 notitle, \
  for [i = 1:reinit] reinit_table using ($1 / aside):5 with linespoints linestyle 2 notitle, \
  table("ticket") using 1:5:6:7 with yerrorbars linestyle 1 linewidth 1 notitle, \
  table("ticket") using 1:5 with linespoints linestyle 1 title "ticket", \
  for [i = 1:reinit] keyentry with linespoints linestyle 2 title "same mask, new weights", \
  for [i = 1:random_mask] keyentry with linespoints linestyle 3 title "same weights, random mask", \
  keyentry with lines linestyle 8 title "end of training"

if (!history) { exit }

# Black, blue, sky blue, green, orange, vermilion, purple, from dense to sparse.
array colours[7] = ["#000000", "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"]
array shapes[7] = [1, 7, 4, 9, 12, 8, 2]
stats table("levels") using 1 name "levels" nooutput
array level[levels_records]
array left[levels_records]
stats table("levels") using (level[$0 + 1] = $1, left[$0 + 1] = $2, $1) nooutput
unset logscale x
set offsets 0, 0, 0, 0
set xrange [0:iterations]
set xtics autofreq
set yrange [lowest:*]
set format y "%.4g"
set title heading("Tickets in training", subtitle)
set xlabel "iteration"
set ylabel "test accuracy (%)"
set key title "weights left:"
set output picture("accuracy_by_iteration")
plot for [i = 1:levels_records] table(sprintf("level-%d", level[i])) using 1:2 with linespoints \
  linecolor rgb colours[i] pointtype shapes[i] pointsize 1 pointinterval points_apart linewidth 1.6 \
  title sprintf("%.1f %%", left[i])
