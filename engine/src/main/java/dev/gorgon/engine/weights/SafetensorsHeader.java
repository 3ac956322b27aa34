package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.DType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Types, shapes and places of the tensors of a safetensors file. As in the reference implementation, the tensors must cover the
 * data without gaps, overlaps or rest, so that nothing can hide between them.
 *
 * @param dataStart where the data begins in the file
 * @param dataBytes length of the data
 * @param entries tensors by name
 */
record SafetensorsHeader(long dataStart, long dataBytes, Map<String, Entry> entries) {

    private static final String METADATA = "__metadata__";

    /** Free-form metadata may be long; the header as a whole is limited already. Names are not interned: they may be many. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(JsonFile.CONSTRAINTS
                    .rebuild()
                    .maxStringLength(ReadLimits.MODEL.headerBytes())
                    .build())
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .build();

    /**
     * One tensor.
     *
     * @param begin first byte, counted from the start of the data
     * @param end byte after the last
     */
    record Entry(DType type, List<Long> shape, long begin, long end) {}

    /**
     * Reads and checks the header.
     *
     * @throws WeightsException if it is not valid
     */
    static SafetensorsHeader read(Path file, FileChannel channel, ReadLimits limits) throws IOException {
        long size = channel.size();
        if (size < Long.BYTES) {
            throw new WeightsException("Length of safetensor file less than 8 bytes: " + file);
        }
        long length = bytes(file, channel, 0, Long.BYTES).getLong();
        if (length < 0 || length > size - Long.BYTES) {
            throw new WeightsException("Header extends past end of file: " + file);
        }
        if (length > limits.headerBytes()) {
            throw new WeightsException("the header of " + file + " has " + length + " bytes; it may have "
                    + limits.headerBytes() + " at most");
        }
        byte[] header = bytes(file, channel, Long.BYTES, (int) length).array();
        long dataStart = Long.BYTES + length;
        long dataBytes = size - dataStart;
        return new SafetensorsHeader(dataStart, dataBytes, new Reader(file, limits, dataBytes).entries(header));
    }

    private static ByteBuffer bytes(Path file, FileChannel channel, long at, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position()) < 0) {
                throw new WeightsException(file + " became shorter while it was read");
            }
        }
        return bytes.flip();
    }

    /** A header while it is being read. */
    private record Reader(Path file, ReadLimits limits, long dataBytes) {

        Map<String, Entry> entries(byte[] header) {
            if (header.length == 0 || header[0] != '{') {
                throw new WeightsException("the header of " + file + " is not a JSON object");
            }
            InputStreamReader text = new InputStreamReader(
                    new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder()); // refuses what is not UTF-8
            Map<String, Entry> entries = new LinkedHashMap<>();
            Set<String> metadata = new HashSet<>();
            try (JsonParser in = JSON.createParser(ObjectReadContext.empty(), text)) {
                in.nextToken();
                while (in.nextToken() != JsonToken.END_OBJECT) {
                    String name = in.currentName();
                    in.nextToken();
                    if (name.equals(METADATA)) {
                        metadata(in, metadata);
                        continue;
                    }
                    if (entries.size() == limits.tensors()) {
                        throw new WeightsException(file + " holds more than " + limits.tensors() + " tensors");
                    }
                    if (entries.put(name, entry(name, in)) != null) {
                        throw bad(name, "is described twice");
                    }
                }
                if (in.nextToken() != null) {
                    throw new WeightsException("the header of " + file + " goes on after its JSON object");
                }
            } catch (JacksonException e) {
                throw new WeightsException("the header of " + file + " is not valid JSON: " + JsonFile.reason(e), e);
            }
            checkCover(entries);
            return entries;
        }

        /** Checks the metadata and otherwise ignores it; a second one repeats names of the first, or is of no consequence. */
        private void metadata(JsonParser in, Set<String> names) {
            if (in.currentToken() != JsonToken.START_OBJECT) {
                throw new WeightsException("the header of " + file + " has " + METADATA + " that is not an object");
            }
            while (in.nextToken() != JsonToken.END_OBJECT) {
                if (!names.add(in.currentName())) {
                    throw new WeightsException(
                            "the header of " + file + " has the metadata " + Shown.text(in.currentName()) + " twice");
                }
                if (in.nextToken() != JsonToken.VALUE_STRING) {
                    throw new WeightsException(
                            "the header of " + file + " has " + METADATA + " with a value that is not a text");
                }
            }
        }

        private Entry entry(String name, JsonParser in) {
            if (name.length() > ReadLimits.MAX_NAME_LENGTH) {
                throw bad(name, "has a name of " + name.length() + " characters");
            }
            if (in.currentToken() != JsonToken.START_OBJECT) {
                throw bad(name, "is not described by an object");
            }
            Optional<DType> type = Optional.empty();
            Optional<List<Long>> shape = Optional.empty();
            Optional<List<Long>> offsets = Optional.empty();
            while (in.nextToken() != JsonToken.END_OBJECT) {
                String key = in.currentName();
                in.nextToken();
                switch (key) {
                    case "dtype" -> type = once(name, key, type, type(name, in));
                    case "shape" -> shape = once(name, key, shape, numbers(name, in));
                    case "data_offsets" -> offsets = once(name, key, offsets, numbers(name, in));
                    default -> in.skipChildren(); // as the reference implementation does
                }
            }
            if (type.isEmpty() || shape.isEmpty() || offsets.isEmpty()) {
                throw bad(name, "lacks shape, data_offsets or dtype");
            }
            return entry(name, type.get(), shape.get(), offsets.get());
        }

        private <T> Optional<T> once(String name, String key, Optional<T> before, T value) {
            if (before.isPresent()) {
                throw bad(name, "has " + key + " twice");
            }
            return Optional.of(value);
        }

        private Entry entry(String name, DType type, List<Long> shape, List<Long> offsets) {
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1) || offsets.get(1) > dataBytes) {
                throw bad(name, "has data_offsets " + offsets + " outside the " + dataBytes + " bytes of data");
            }
            long bytes = type.bytes();
            try {
                for (long size : shape) {
                    bytes = Math.multiplyExact(bytes, size);
                }
            } catch (ArithmeticException e) {
                throw bad(name, "has shape " + shape + ", whose size is an overflow");
            }
            long span = offsets.get(1) - offsets.get(0);
            if (bytes != span) {
                throw bad(name, ": " + type + " of shape " + shape + " takes " + bytes + " bytes, not " + span);
            }
            return new Entry(type, shape, offsets.get(0), offsets.get(1));
        }

        private DType type(String name, JsonParser in) {
            String type = in.currentToken() == JsonToken.VALUE_STRING ? in.getString() : "";
            return DType.named(type)
                    .orElseThrow(() -> bad(
                            name, "has an unknown dtype \"" + Shown.text(type) + "\"; convert it to F32, F16 or BF16"));
        }

        /** Sizes or offsets. */
        private List<Long> numbers(String name, JsonParser in) {
            if (in.currentToken() != JsonToken.START_ARRAY) {
                throw bad(name, "lacks shape or data_offsets: they must be lists");
            }
            List<Long> values = new ArrayList<>(2);
            for (JsonToken token = in.nextToken(); token != JsonToken.END_ARRAY; token = in.nextToken()) {
                boolean whole =
                        token == JsonToken.VALUE_NUMBER_INT && in.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
                if (!whole || in.getLongValue() < 0) {
                    throw bad(
                            name,
                            "has a size or offset that is not a whole number from 0 to 2^63-1: "
                                    + Shown.text(in.getString()));
                }
                if (values.size() == ReadLimits.MAX_RANK) {
                    throw bad(name, "has more than " + ReadLimits.MAX_RANK + " dimensions");
                }
                values.add(in.getLongValue());
            }
            return List.copyOf(values);
        }

        private void checkCover(Map<String, Entry> entries) {
            List<Map.Entry<String, Entry>> byOffset = new ArrayList<>(entries.entrySet());
            byOffset.sort(Comparator.comparingLong((Map.Entry<String, Entry> entry) -> entry.getValue().begin)
                    .thenComparingLong(entry -> entry.getValue().end));
            long covered = 0;
            String before = "";
            for (Map.Entry<String, Entry> entry : byOffset) {
                long begin = entry.getValue().begin;
                if (begin < covered) {
                    throw bad(entry.getKey(), "overlaps tensor " + Shown.text(before));
                }
                if (begin > covered) {
                    throw bad(entry.getKey(), "begins after a gap of " + (begin - covered) + " bytes");
                }
                covered = entry.getValue().end;
                before = entry.getKey();
            }
            if (covered != dataBytes) {
                throw new WeightsException(file + " has " + (dataBytes - covered) + " bytes after its last tensor");
            }
        }

        private WeightsException bad(String name, String what) {
            return new WeightsException(
                    "tensor " + Shown.text(name) + " in " + file + (what.startsWith(":") ? "" : " ") + what);
        }
    }
}
