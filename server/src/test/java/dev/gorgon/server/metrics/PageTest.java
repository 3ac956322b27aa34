package dev.gorgon.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.meter.Distribution;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PageTest {

    private static final Family FAMILY = Family.gauge("a", "What it is.", "x");

    private static String text(Page page) {
        return new String(page.toBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void numbers() {
        Page page = new Page(0);
        page.begin(FAMILY);
        for (double value : new double[] {
            0,
            1,
            -3,
            10,
            999,
            1000,
            0.5,
            1e300,
            9007199254740993.0,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.NaN
        }) {
            page.sample("", value);
        }
        assertThat(text(page).lines().skip(2))
                .containsExactly(
                        "a 0.0",
                        "a 1.0",
                        "a -3.0",
                        "a 10.0",
                        "a 999.0",
                        "a 1000.0",
                        "a 0.5",
                        "a 1.0E300",
                        "a 9.007199254740992E15",
                        "a +Inf",
                        "a -Inf",
                        "a NaN");
    }

    @Test
    void labelsAreEscapedAndKeepTheirLetters() {
        Page page = new Page(8);
        page.begin(FAMILY);
        page.sample(Labels.of("x", "a\"b\\c\nd", "y", "größer 😀"), 2);
        assertThat(text(page))
                .isEqualTo("# HELP a What it is.\n# TYPE a gauge\n" + "a{x=\"a\\\"b\\\\c\\nd\",y=\"größer 😀\"} 2.0\n");
    }

    @Test
    void familiesWithoutSamplesLeaveNoTrace() {
        Page page = new Page(8);
        page.begin(FAMILY);
        page.only(Family.counter("b_total", "B."), 1);
        page.begin(FAMILY);
        page.only(Family.counter("c_total", "C."), 2);
        assertThat(text(page))
                .isEqualTo("# HELP b_total B.\n# TYPE b_total counter\nb_total 1.0\n\n"
                        + "# HELP c_total C.\n# TYPE c_total counter\nc_total 2.0\n");
    }

    @Test
    void histogramsAddUp() {
        Distribution distribution = Distribution.ofNanos(0.001, 0.5);
        Family family = Family.histogram("h", "H.", "m");
        Histogram histogram = Histogram.onceUsed(family, new HistogramLines(family, Labels.of("m", "x"), distribution));
        Page empty = new Page(8);
        histogram.collect(empty);
        assertThat(text(empty)).isEmpty();
        distribution.record(1_000_000);
        distribution.record(200_000_000);
        distribution.record(3_000_000_000L);
        Page page = new Page(8);
        histogram.collect(page);
        assertThat(text(page).lines().skip(2))
                .containsExactly(
                        "h_bucket{m=\"x\",le=\"0.001\"} 1",
                        "h_bucket{m=\"x\",le=\"0.5\"} 2",
                        "h_bucket{m=\"x\",le=\"+Inf\"} 3",
                        "h_count{m=\"x\"} 3",
                        "h_sum{m=\"x\"} 3.201");
    }

    @Test
    void quantilesOfASummary() {
        Summary summary = new Summary(Family.summary("s", "S."), 8);
        for (int i = 0; i < 100; i++) {
            summary.observe(i < 60 ? 0 : i < 95 ? 2 : i < 99 ? 3 : 100);
        }
        Page page = new Page(8);
        summary.collect(page);
        assertThat(text(page).lines().skip(2).toList())
                .isEqualTo(List.of(
                        "s{quantile=\"0.0\"} 0.0",
                        "s{quantile=\"0.5\"} 0.0",
                        "s{quantile=\"0.9\"} 2.0",
                        "s{quantile=\"0.95\"} 2.0",
                        "s{quantile=\"0.99\"} 3.0",
                        "s{quantile=\"0.999\"} 8.0",
                        "s{quantile=\"1.0\"} 8.0",
                        "s_count 100",
                        "s_sum 182.0"));
    }
}
