"""Draws curves for the examples: with matplotlib if it is there, else with gnuplot, else as text."""
import shutil
import subprocess


def curves(path, curves, x_name, y_name):
    """curves: {label: ([x], [y])}. Writes the picture to path, or prints it; x is logarithmic and falls to the right."""
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return with_gnuplot(path, curves, x_name, y_name) if shutil.which("gnuplot") else as_text(curves, x_name)
    figure, axes = pyplot.subplots()
    for label, (x, y) in curves.items():
        axes.plot(x, y, "o-", label=label)
    axes.set(xscale="log", xlabel=x_name, ylabel=y_name)
    axes.invert_xaxis()
    axes.legend()
    figure.savefig(path)
    print("picture:", path)


def with_gnuplot(path, curves, x_name, y_name):
    data = "".join("".join(f"{x} {y}\n" for x, y in zip(*points)) + "e\n" for points in curves.values())
    ends = [y for _, ys in curves.values() for y in ys]
    low, high = min(ends), max(ends)
    margin = (high - low or 1) / 20
    plots = ", ".join(f"'-' with linespoints title '{label}'" for label in curves)
    script = (f"set terminal pngcairo\nset output '{path}'\nset logscale x\nset xrange [*:*] reverse\n"
              f"set yrange [{low - margin}:{high + margin}]\nset xlabel '{x_name}'\nset ylabel '{y_name}'\nset key bottom left\nplot {plots}\n{data}")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    print("picture:", path)


def as_text(curves, x_name):
    values = [y for _, ys in curves.values() for y in ys]
    low, high = min(values), max(values)
    for label, (x, y) in curves.items():
        print(f"\n{label}, by {x_name}:")
        for a, b in zip(x, y):
            print(f"{a:8.2f} {b:8.2f} " + "#" * (1 + round(59 * (b - low) / (high - low or 1))))
