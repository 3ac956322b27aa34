package dev.gorgon.engine.weights;

import static dev.gorgon.engine.weights.Pickles.pickle;
import static dev.gorgon.engine.weights.Pickles.storage;
import static dev.gorgon.engine.weights.Pickles.tensor;
import static dev.gorgon.engine.weights.Pickles.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles that would run code, take all memory, or never end. */
class HostilePickleTest {

    @TempDir
    Path folder;

    private String refusal(byte[] pickle, int maxMebibytes) throws IOException {
        Pickles.archive(folder, pickle);
        return Refusals.ofAdapter(folder, maxMebibytes);
    }

    private String refusal(Object... parts) throws IOException {
        return refusal(pickle(parts), 4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "os system",
                "posix system",
                "nt system",
                "subprocess Popen",
                "builtins eval",
                "builtins exec",
                "builtins getattr",
                "__builtin__ eval",
                "importlib import_module",
                "numpy.core.multiarray _reconstruct",
                "torch load",
                "torch.storage _load_from_bytes",
                "torch._utils _rebuild_sparse_tensor",
                "torch.hub load",
                "runpy run_path",
                "webbrowser open",
                "collections OrderedDict\n.system",
                "torch FloatStorage.__class__",
                "torch._utils _rebuild_tensor_v2.__globals__",
            })
    void globalsThatAreCode(String global) throws IOException {
        String module = global.substring(0, global.indexOf(' '));
        String name = global.substring(global.indexOf(' ') + 1);
        Path marker = folder.resolve("ran");
        String command = text("touch " + marker);
        String shown = module + "." + name.replace('\n', '?');
        if (!name.contains("\n")) {
            assertThat(refusal("c" + module + "\n" + name + "\n", command, "\u0085R."))
                    .contains("refers to " + shown + ", which is not part of a tensor; nothing of it was run");
            assertThat(refusal("(" + command + "i" + module + "\n" + name + "\n."))
                    .contains("refers to " + shown);
            assertThat(refusal("(c" + module + "\n" + name + "\n" + command + "o."))
                    .contains("refers to " + shown);
            assertThat(refusal("c" + module + "\n" + name + "\n" + command + "\u0085\u0081."))
                    .contains(shown);
        }
        assertThat(refusal(text(module), text(name), "\u0093", command, "\u0085R."))
                .contains("refers to " + shown);
        assertThat(refusal("}", text("w"), text(module), text(name), "\u0093", command, "\u0085Rs."))
                .contains(shown);
        assertThat(marker).doesNotExist();
    }

    @Test
    void knownNamesCalledInOtherWays() throws IOException {
        assertThat(refusal("ctorch\nFloatStorage\n)R.")).contains("calls torch.FloatStorage");
        assertThat(refusal("ctorch._utils\n_rebuild_tensor_v2\n)R.")).contains("too few values");
        assertThat(refusal("ctorch._utils\n_rebuild_tensor_v2\n)\u0081.")).contains("operation 0x81");
        assertThat(refusal("ctorch._utils\n_rebuild_parameter\n)R.")).contains("truncated or malformed");
        assertThat(refusal("ctorch._utils\n_rebuild_tensor_v2\n}b.")).contains("not a dictionary");
        assertThat(refusal("K\u0001)R.")).contains("truncated or malformed");
        assertThat(refusal("\u0082\u0001.")).contains("operation 0x82");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'.' | truncated",
                "'R.' | truncated",
                "'t.' | truncated",
                "'0.' | truncated",
                "'s.' | truncated",
                "'(.' | does not hold a dictionary",
                "'a.' | truncated",
                "'K' | truncated",
                "'J11' | truncated",
                "'X1111' | a text longer than itself",
                "'cos' | truncated",
                "')K1a.' | truncated or malformed",
                "'(K1K2d.' | operation 0x64",
                "'h1.' | recalls a value",
                "'Nq1.' | does not hold a dictionary",
                "'}(K1u.' | odd number",
                "'}]K1s.' | key that is not a text or number",
                "'}NK1s.' | key that is not a text or number",
                "'}(NK1u.' | key that is not a text or number",
                "'Q.' | truncated",
                "'NQ.' | malformed",
            })
    void programsThatAreWrong(String program, String reason) throws IOException {
        assertThat(refusal(program)).contains(reason);
    }

    @Test
    void lengthsThatLie() throws IOException {
        assertThat(refusal("X\u00ff\u00ff\u00ff\u007f")).contains("a text longer than itself");
        assertThat(refusal("X\u00ff\u00ff\u00ff\u00ff")).contains("a text longer than itself");
        assertThat(refusal("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f"))
                .contains("operation 0x8d");
        assertThat(refusal("\u008b\u00ff\u00ff\u00ff\u007f")).contains("operation 0x8b");
        assertThat(refusal("\u008a\u00ff")).contains("a number of 255 bytes");
        assertThat(refusal("\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"))
                .contains("truncated");
        assertThat(refusal("c" + "x".repeat(1000) + "\nname\n.")).contains("name of more than 256 characters");
    }

    private static byte[] repeated(String start, String part, int times, String end) {
        return (start + part.repeat(times) + end).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void programsWithoutMeasure() throws IOException {
        byte[] large = new byte[Unpickler.MAX_BYTES + 1];
        Arrays.fill(large, (byte) ' ');
        assertThat(refusal(large, 70)).contains("the pickle in").contains("is larger than 16777216 bytes");
        assertThat(refusal(repeated("", "]", 2 << 20, "."), 40)).contains("values on its stack");
        assertThat(refusal(repeated("", "N0", 1 << 20, "."), 40)).contains("more than 1048576 values");
        assertThat(refusal(repeated("]", "}a", 1 << 20, "."), 100)).contains("more than 1048576 values");
        assertThat(refusal(repeated("", "}\u0094q\u0001K\u0001}s", 1 << 20, "."), 60))
                .contains("values on its stack");
        // nested as deep as allowed, and once more around itself
        assertThat(refusal(repeated("N", "\u0085", 60_000, "."), 16)).contains("does not hold a dictionary");
        assertThat(refusal("]\u0094h\u0000a.")).contains("does not hold a dictionary");
    }

    /** Every step doubles what the value holds; counting or hashing it would never end. */
    @Test
    void valuesThatDouble() throws IOException {
        String doubled = ")\u0094" + "h\u0000h\u0000\u0086q\u0000".repeat(5000);
        assertThat(refusal(doubled + ".")).contains("does not hold a dictionary");
        assertThat(refusal("}" + doubled + "K\u0001s.")).contains("key that is not a text or number");
        assertThat(refusal("}" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage() + "K\u0000" + doubled
                        + doubled + "tRs."))
                .contains("truncated or malformed");
        String lists = "]\u0094" + "(h\u0000h\u0000e".repeat(5000);
        assertThat(refusal(lists + ".")).contains("does not hold a dictionary");
    }

    @Test
    void shapesThatAreSharedAndLong() throws IOException {
        String shape = "(" + "K\u0001".repeat(1000) + "t";
        assertThat(refusal(tensor("K\u0000", shape, shape), 4)).contains("more than 8 dimensions");
    }

    @Test
    void tensorsThatTheirStorageCannotHold() throws IOException {
        String huge = "\u008a\b\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f";
        String minus = "J\u00ff\u00ff\u00ff\u00ff";
        String none = "K\u0000";
        List<byte[]> wrong = List.of(
                tensor(none, "K\u0005\u0085", "K\u0001\u0085"),
                tensor("K\u0001", "K\u0004\u0085", "K\u0001\u0085"),
                tensor(huge, "K\u0004\u0085", "K\u0001\u0085"),
                tensor(minus, "K\u0002\u0085", "K\u0001\u0085"),
                tensor(none, minus + "\u0085", "K\u0001\u0085"),
                tensor(none, minus + minus + "\u0086", "K\u0001K\u0001\u0086"),
                tensor(none, huge + huge + "\u0086", "K\u0001K\u0001\u0086"),
                tensor(none, huge + "\u0085", none + "\u0085"),
                tensor(none, "K\u0004\u0085", minus + "\u0085"),
                tensor(none, "K\u0002\u0085", huge + "\u0085"),
                tensor(none, "K\u0004\u0085", ")"),
                tensor(none, "K\u0004K\u0004\u0086", "K\u0000K\u0001\u0086"));
        for (byte[] pickle : wrong) {
            assertThat(refusal(pickle, 4)).contains("tensor w in").contains("which its storage cannot hold");
        }
        Pickles.archive(folder, tensor(none, "K\u0002K\u0002\u0086", "K\u0001K\u0002\u0086"));
        try (Checkpoint checkpoint = Checkpoint.openAdapter(folder)) {
            assertThat(checkpoint.tensor("w").shape()).isEqualTo(List.of(2L, 2L));
        }
    }

    @Test
    void truncatedAtEveryByte() throws IOException {
        byte[] good = tensor("K\u0000", "K\u0004\u0085", "K\u0001\u0085");
        for (int length = 0; length < good.length; length++) {
            assertThat(refusal(Arrays.copyOf(good, length), 4)).contains("the pickle in");
        }
        Pickles.archive(folder, good);
        Checkpoint.openAdapter(folder).close();
    }
}
