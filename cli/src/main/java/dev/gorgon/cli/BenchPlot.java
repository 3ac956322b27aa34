package dev.gorgon.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws what a step costs by the number of rows it verifies, one line per weight format, as SVG. */
final class BenchPlot {

    private static final int WIDTH = 720;
    private static final int HEIGHT = 420;
    private static final int LEFT = 70;
    private static final int RIGHT = 90;
    private static final int TOP = 50;
    private static final int BOTTOM = 60;
    private static final List<String> COLOURS = List.of("#1b6ca8", "#c8553d", "#3a7d44");

    private BenchPlot() {}

    /** @return an SVG document; empty axes if no step was measured */
    static String rowsAgainstTime(List<Measurement> measurements, String title) {
        Map<String, List<Measurement>> lines = new LinkedHashMap<>();
        double mostRows = 1;
        double longest = 0;
        for (Measurement m : measurements) {
            if (m.name().equals("step")) {
                lines.computeIfAbsent(m.format(), key -> new ArrayList<>()).add(m);
                mostRows = Math.max(mostRows, m.rows());
                longest = Math.max(longest, m.value());
            }
        }
        double top = tick(longest) * Math.ceil(longest / tick(longest));
        StringBuilder svg = new StringBuilder();
        svg.append(text(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">%n"
                        + "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n",
                WIDTH, HEIGHT, WIDTH, HEIGHT));
        svg.append(text("<text x=\"%d\" y=\"28\" font-size=\"16\" fill=\"#222222\">%s</text>%n", LEFT, title));
        axes(svg, mostRows, top);
        int colour = 0;
        for (Map.Entry<String, List<Measurement>> line : lines.entrySet()) {
            draw(svg, line.getKey(), line.getValue(), COLOURS.get(colour++ % COLOURS.size()), mostRows, top);
        }
        return svg.append("</svg>\n").toString();
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** A round distance between grid lines, of which some five fit. */
    private static double tick(double longest) {
        double rough = Math.max(longest, 1e-9) / 5;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double digit = rough / power;
        return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
    }

    private static double x(double rows, double mostRows) {
        return LEFT + (WIDTH - LEFT - RIGHT) * rows / mostRows;
    }

    private static double y(double value, double top) {
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top;
    }

    private static void axes(StringBuilder svg, double mostRows, double top) {
        double step = tick(top);
        for (int i = 0; i * step <= top * 1.001; i++) {
            double at = y(i * step, top);
            svg.append(text(
                    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n"
                            + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#444444\">%s</text>%n",
                    LEFT, at, WIDTH - RIGHT, at, LEFT - 8, at + 4, number(i * step)));
        }
        for (int rows = 0; rows <= mostRows; rows += mostRows > 8 ? 2 : 1) {
            svg.append(text(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#444444\">%d</text>%n",
                    x(rows, mostRows), HEIGHT - BOTTOM + 20, rows));
        }
        svg.append(text(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#222222\">rows verified in one step</text>%n"
                        + "<text x=\"18\" y=\"%d\" text-anchor=\"middle\" fill=\"#222222\" transform=\"rotate(-90 18 %d)\">"
                        + "milliseconds</text>%n",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, (TOP + HEIGHT - BOTTOM) / 2, (TOP + HEIGHT - BOTTOM) / 2));
    }

    private static String number(double value) {
        return value == Math.rint(value) ? text("%.0f", value) : text("%.2f", value);
    }

    private static void draw(
            StringBuilder svg, String name, List<Measurement> points, String colour, double mostRows, double top) {
        StringBuilder path = new StringBuilder();
        for (Measurement point : points) {
            double px = x(point.rows(), mostRows);
            double py = y(point.value(), top);
            path.append(text("%s%.1f %.1f", path.isEmpty() ? "M" : " L", px, py));
            svg.append(text("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>%n", px, py, colour));
        }
        svg.append(text("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n", path, colour));
        Measurement last = points.getLast();
        svg.append(text(
                "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>%n",
                x(last.rows(), mostRows) + 10, y(last.value(), top) + 4, colour, name));
    }
}
