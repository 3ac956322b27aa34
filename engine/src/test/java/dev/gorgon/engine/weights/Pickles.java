package dev.gorgon.engine.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickles and archives, good and bad. */
final class Pickles {

    private Pickles() {}

    /** Joins opcodes (numbers) and text. */
    static byte[] pickle(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            byte[] bytes = part instanceof Integer opcode
                    ? new byte[] {(byte) (int) opcode}
                    : ((String) part).getBytes(StandardCharsets.ISO_8859_1);
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    /** A pickled text. */
    static String text(String text) {
        return "\u008c" + (char) text.length() + text;
    }

    /** A dictionary of one tensor "w" with a storage "0" of floats; shape and strides as pickled tuples. */
    static byte[] tensor(String offset, String shape, String strides) {
        return pickle(
                "\u0080\u0002}",
                text("w"),
                "ctorch._utils\n_rebuild_tensor_v2\n(",
                storage(),
                offset,
                shape,
                strides,
                "tRs.");
    }

    /** A persistent reference to the storage "0". */
    static String storage() {
        return "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\u0004tQ";
    }

    /** An archive with this pickle and a storage of 16 bytes. */
    static Path archive(Path folder, byte[] pickle) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("archive/data.pkl", pickle);
        entries.put("archive/data/0", new byte[16]);
        return archive(folder, entries);
    }

    static Path archive(Path folder, Map<String, byte[]> entries) throws IOException {
        Path file = folder.resolve("adapter_model.bin");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
        return file;
    }
}
