package dev.gorgon.server.metrics;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** A family of metrics: what all samples of one name have in common. */
public final class Family {

    /** The kinds of Prometheus. */
    public enum Type {
        COUNTER,
        GAUGE,
        HISTOGRAM,
        SUMMARY;

        /** As it is written in the text format. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final String name;
    private final Type type;
    private final String help;
    private final List<String> labels;
    /** The comments before the first sample. */
    private final byte[] head;

    private Family(String name, Type type, String help, String... labels) {
        this.name = name;
        this.type = type;
        this.help = help;
        this.labels = List.of(labels);
        this.head = ("# HELP " + name + " " + help + "\n# TYPE " + name + " " + type.wireName() + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    public static Family counter(String name, String help, String... labels) {
        return new Family(name, Type.COUNTER, help, labels);
    }

    public static Family gauge(String name, String help, String... labels) {
        return new Family(name, Type.GAUGE, help, labels);
    }

    public static Family histogram(String name, String help, String... labels) {
        return new Family(name, Type.HISTOGRAM, help, labels);
    }

    public static Family summary(String name, String help, String... labels) {
        return new Family(name, Type.SUMMARY, help, labels);
    }

    /** The name of the family; samples of histograms and summaries add suffixes. */
    public String name() {
        return name;
    }

    public Type type() {
        return type;
    }

    /** What it says, in one line. */
    public String help() {
        return help;
    }

    /** Names of its labels, {@code le} and {@code quantile} left out. */
    public List<String> labels() {
        return labels;
    }

    byte[] head() {
        return head;
    }
}
