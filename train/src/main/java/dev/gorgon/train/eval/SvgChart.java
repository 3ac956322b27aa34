package dev.gorgon.train.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A chart of lines as inline SVG. Colours are classes of the page, so that they follow its light and dark scheme; each series is
 * also told by its own dash pattern.
 */
final class SvgChart {

    /** Digits behind the point for which there is room beside the axis. */
    private static final int LONGEST_FRACTION = 4;

    private static final int WIDTH = 640;
    private static final int HEIGHT = 300;
    private static final int LEFT = 56;
    private static final int RIGHT = 12;
    private static final int TOP = 12;
    private static final int BOTTOM = 42;
    private static final int MAX_POINTS = 800;

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final boolean percent;
    private final List<Series> series = new ArrayList<>();

    /** @param x and y alike long */
    record Series(String name, List<Double> x, List<Double> y, int colour, boolean dashed) {}

    SvgChart(String title, String xLabel, String yLabel, boolean percent) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
        this.percent = percent;
    }

    SvgChart add(Series line) {
        if (!line.x.isEmpty()) {
            series.add(line);
        }
        return this;
    }

    boolean isEmpty() {
        return series.isEmpty();
    }

    private record Axis(double from, double to, double step) {

        /** Round numbers around some values. */
        static Axis of(double least, double most, int ticks) {
            double span = most > least ? most - least : Math.max(1e-9, Math.abs(most) * 0.1);
            double raw = span / ticks;
            double power = Math.pow(10, Math.floor(Math.log10(raw)));
            double unit = raw / power;
            double step = (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10) * power;
            double from = Math.floor(least / step) * step;
            return new Axis(from, Math.max(from + step, Math.ceil(most / step - 1e-9) * step), step);
        }

        /** Whole numbers, no further than the values. */
        static Axis whole(double least, double most, int ticks) {
            Axis round = of(least, most, ticks);
            return new Axis(least, Math.max(most, least + 1), Math.max(1, round.step));
        }

        double firstTick() {
            return Math.ceil(from / step - 1e-9) * step;
        }

        double share(double value) {
            return (value - from) / (to - from);
        }

        String label(double value, boolean percent) {
            double shown = percent ? value * 100 : value;
            double shownStep = percent ? step * 100 : step;
            int digits = (int) Math.clamp(Math.ceil(-Math.log10(shownStep) - 1e-9), 0, 6);
            if (digits > LONGEST_FRACTION && shown != 0) {
                int exponent = (int) Math.floor(Math.log10(Math.abs(shown)));
                return String.format(Locale.ROOT, "%.2fe%d", shown / Math.pow(10, exponent), exponent);
            }
            return String.format(Locale.ROOT, "%,." + digits + "f", shown) + (percent ? " %" : "");
        }
    }

    /** The chart with its caption and legend. */
    String html() {
        Axis x = axis(true, 8);
        Axis y = axis(false, 5);
        StringBuilder svg = new StringBuilder();
        svg.append("<figure><figcaption>").append(Html.text(title)).append("</figcaption><div class=legend>");
        for (Series line : series) {
            svg.append(
                    "<span class=c%d><svg width=26 height=10><line x1=0 y1=5 x2=26 y2=5 class=\"line%s\"/></svg>%s</span>"
                            .formatted(line.colour, line.dashed ? " dashed" : "", Html.text(line.name)));
        }
        svg.append("</div><svg viewBox=\"0 0 %d %d\" role=img aria-label=\"%s\">"
                .formatted(WIDTH, HEIGHT, Html.text(title)));
        for (double tick = y.from; tick <= y.to + y.step / 2; tick += y.step) {
            double at = place(y, tick);
            svg.append(format(
                    "<line class=grid x1=%d x2=%d y1=%.1f y2=%.1f /><text x=%d y=%.1f class=ytick>%s</text>",
                    LEFT, WIDTH - RIGHT, at, at, LEFT - 6, at + 4, y.label(tick, percent)));
        }
        for (double tick = x.firstTick(); tick <= x.to + 1e-9; tick += x.step) {
            svg.append(format(
                    "<text x=%.1f y=%d class=xtick>%s</text>",
                    across(x, tick), HEIGHT - BOTTOM + 16, x.label(tick, false)));
        }
        svg.append(format(
                "<text x=%d y=%d class=xtick>%s</text>", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, Html.text(xLabel)));
        svg.append(format(
                "<text class=xtick transform=\"translate(12 %d) rotate(-90)\">%s</text>",
                (TOP + HEIGHT - BOTTOM) / 2, Html.text(yLabel)));
        series.forEach(line -> draw(svg, line, x, y));
        return svg.append("</svg></figure>\n").toString();
    }

    private Axis axis(boolean horizontal, int ticks) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (Series line : series) {
            for (double value : horizontal ? line.x : line.y) {
                if (Double.isFinite(value)) {
                    least = Math.min(least, value);
                    most = Math.max(most, value);
                }
            }
        }
        if (least > most) {
            return Axis.of(0, 1, ticks);
        }
        return horizontal ? Axis.whole(least, most, ticks) : Axis.of(percent ? Math.min(0, least) : least, most, ticks);
    }

    private static double across(Axis x, double value) {
        return LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
    }

    private static double place(Axis y, double value) {
        return HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
    }

    private static void draw(StringBuilder svg, Series line, Axis x, Axis y) {
        int count = line.x.size();
        int stride = Math.max(1, (count + MAX_POINTS - 1) / MAX_POINTS);
        StringBuilder points = new StringBuilder();
        int drawn = 0;
        for (int i = 0; i < count; i = i + stride < count || i == count - 1 ? i + stride : count - 1) {
            if (Double.isFinite(line.y.get(i))) {
                points.append(format("%.1f,%.1f ", across(x, line.x.get(i)), place(y, line.y.get(i))));
                drawn++;
            }
        }
        svg.append("<g class=c%d><polyline class=\"line%s\" points=\"%s\"/>"
                .formatted(
                        line.colour,
                        line.dashed ? " dashed" : "",
                        points.toString().strip()));
        if (drawn <= 40) {
            for (int i = 0; i < count; i += stride) {
                if (Double.isFinite(line.y.get(i))) {
                    svg.append(format(
                            "<circle cx=%.1f cy=%.1f r=2.6><title>%s: %.4g</title></circle>",
                            across(x, line.x.get(i)), place(y, line.y.get(i)), Html.text(line.name), line.y.get(i)));
                }
            }
        }
        svg.append("</g>");
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
