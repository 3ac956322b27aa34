package dev.gorgon.engine.weights;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the pickles in which PyTorch stores tensors. A pickle is a program that may call anything; this interpreter calls nothing:
 * a global is a name to it, known names are turned into plain values by {@link #reduce}, and any other name ends the reading. Size
 * and number of values are limited.
 */
final class Unpickler {

    /** Pickles of adapters hold names and shapes; a megabyte of them is far more than any has. */
    static final int MAX_BYTES = 16 << 20;

    private static final int MAX_VALUES = 1 << 20;
    private static final int MAX_DEPTH = 1 << 16;
    /** Names of modules and globals are short. */
    private static final int MAX_LINE = 256;

    private static final Set<String> CALLABLE =
            Set.of("collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter");
    private static final String STORAGES = "torch\\.(Float|Half|BFloat16|Double|Long|Int|Short|Char|Byte|Bool)Storage";

    /** A name that the pickle refers to. */
    record Global(String name) {}

    /** A reference to data outside the pickle: a tuple of ("storage", type, key, location, elements). */
    record Persistent(List<Object> fields) {}

    /** A tensor: a view of a storage. */
    record TensorRecipe(Persistent storage, long offset, List<Long> shape, List<Long> strides) {}

    private static final Object MARK = new Object();
    /** Stands for Python's None. */
    private static final Object NONE = Optional.empty();

    private final String file;
    private final ByteBuffer in;
    private final Deque<Object> stack = new ArrayDeque<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private int values;

    private Unpickler(String file, byte[] pickle) {
        this.file = file;
        this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The value of a pickle: maps, lists, strings, numbers and {@link TensorRecipe}s.
     *
     * @throws WeightsException if it is malformed, too large, or refers to anything that is not known to be harmless
     */
    static Object read(String file, byte[] pickle) {
        if (pickle.length > MAX_BYTES) {
            throw new WeightsException("the pickle in " + file + " is larger than " + MAX_BYTES + " bytes");
        }
        try {
            return new Unpickler(file, pickle).run();
        } catch (BufferUnderflowException
                | NoSuchElementException
                | ClassCastException
                | UnsupportedOperationException e) { // the last when it changes a tuple
            throw new WeightsException("the pickle in " + file + " is truncated or malformed", e);
        }
    }

    private Object run() {
        while (true) {
            int opcode = in.get() & 0xFF;
            if (opcode == '.') {
                return stack.pop();
            }
            if (++values > MAX_VALUES) {
                throw bad("has more than " + MAX_VALUES + " values");
            }
            if (stack.size() > MAX_DEPTH) {
                throw bad("leaves more than " + MAX_DEPTH + " values on its stack");
            }
            if (!constant(opcode) && !collection(opcode) && !memo(opcode)) {
                switch (opcode) {
                    case 'c', 'i' -> stack.push(global(line(), line())); // 'i' would call it at once
                    case 0x93 -> {
                        String name = (String) stack.pop();
                        stack.push(global((String) stack.pop(), name));
                    }
                    case 'Q' -> stack.push(new Persistent(list(stack.pop())));
                    case 'R' -> {
                        List<Object> arguments = list(stack.pop());
                        stack.push(reduce((Global) stack.pop(), arguments));
                    }
                    case 'b' -> {
                        stack.pop(); // attributes of a state dict; the tensors do not need them
                        if (!(stack.peek() instanceof Map)) {
                            throw bad("sets attributes of something that is not a dictionary");
                        }
                    }
                    default ->
                        throw bad(
                                "uses the operation 0x" + Integer.toHexString(opcode) + ", which tensors do not need");
                }
            }
        }
    }

    private boolean constant(int opcode) {
        switch (opcode) {
            case 0x80 -> in.get();
            case 0x95 -> in.getLong();
            case 'N' -> stack.push(NONE);
            case 0x88 -> stack.push(true);
            case 0x89 -> stack.push(false);
            case 'J' -> stack.push((long) in.getInt());
            case 'K' -> stack.push((long) (in.get() & 0xFF));
            case 'M' -> stack.push((long) (in.getShort() & 0xFFFF));
            case 0x8a -> stack.push(longInteger(in.get() & 0xFF));
            case 'G' -> stack.push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            case 'X' -> stack.push(text(in.getInt()));
            case 0x8c -> stack.push(text(in.get() & 0xFF));
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean collection(int opcode) {
        switch (opcode) {
            case '(' -> stack.push(MARK);
            case ')' -> stack.push(List.of());
            case ']' -> stack.push(new ArrayList<>());
            case '}' -> stack.push(new LinkedHashMap<>());
            case 't' -> stack.push(untilMark());
            case 0x85 -> stack.push(List.of(stack.pop()));
            case 0x86 -> {
                Object second = stack.pop();
                stack.push(List.of(stack.pop(), second));
            }
            case 0x87 -> {
                Object third = stack.pop();
                Object second = stack.pop();
                stack.push(List.of(stack.pop(), second, third));
            }
            case 'a' -> {
                Object item = stack.pop();
                list(stack.element()).add(item);
            }
            case 'e' -> {
                List<Object> items = untilMark();
                list(stack.element()).addAll(items);
            }
            case 's' -> {
                Object value = stack.pop();
                Object key = stack.pop();
                put(key, value);
            }
            case 'u' -> {
                List<Object> items = untilMark();
                if (items.size() % 2 != 0) {
                    throw bad("has a dictionary with an odd number of keys and values");
                }
                for (int i = 0; i < items.size(); i += 2) {
                    put(items.get(i), items.get(i + 1));
                }
            }
            case '0' -> stack.pop();
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Only plain keys: the hash of nested tuples that share their parts would take time without end. */
    private void put(Object key, Object value) {
        if (!(key instanceof String || key instanceof Long || key instanceof Boolean || key instanceof Double)) {
            throw bad("has a dictionary with a key that is not a text or number");
        }
        map(stack.element()).put(key, value);
    }

    private boolean memo(int opcode) {
        switch (opcode) {
            case 'q' -> memo.put(in.get() & 0xFF, stack.element());
            case 'r' -> memo.put(in.getInt(), stack.element());
            case 0x94 -> memo.put(memo.size(), stack.element());
            case 'h' -> stack.push(recall(in.get() & 0xFF));
            case 'j' -> stack.push(recall(in.getInt()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private Object recall(int index) {
        Object value = memo.get(index);
        if (value == null) {
            throw bad("recalls a value it has not stored");
        }
        return value;
    }

    /** Checks a name; only names that stand for tensors and their containers pass. */
    private Global global(String module, String name) {
        String full = module + "." + name;
        if (!CALLABLE.contains(full) && !full.matches(STORAGES)) {
            throw bad("refers to " + Shown.text(full)
                    + ", which is not part of a tensor; nothing of it was run. Convert the file to safetensors");
        }
        return new Global(full);
    }

    /** What calling a known name would give. */
    private Object reduce(Global callee, List<Object> arguments) {
        return switch (callee.name) {
            case "collections.OrderedDict" -> new LinkedHashMap<>();
            case "torch._utils._rebuild_tensor_v2" -> {
                if (arguments.size() < 4) {
                    throw bad("describes a tensor with too few values");
                }
                yield new TensorRecipe(
                        (Persistent) arguments.get(0),
                        (Long) arguments.get(1),
                        longs(arguments.get(2)),
                        longs(arguments.get(3)));
            }
            case "torch._utils._rebuild_parameter" -> (TensorRecipe) arguments.getFirst();
            default -> throw bad("calls " + callee.name);
        };
    }

    private List<Object> untilMark() {
        List<Object> items = new ArrayList<>();
        for (Object item = stack.pop(); item != MARK; item = stack.pop()) {
            items.add(item);
        }
        return new ArrayList<>(items.reversed());
    }

    private List<Long> longs(Object value) {
        List<Long> numbers = new ArrayList<>();
        if (list(value).size() > ReadLimits.MAX_RANK) {
            throw bad("describes a tensor with more than " + ReadLimits.MAX_RANK + " dimensions");
        }
        for (Object number : list(value)) {
            numbers.add((Long) number);
        }
        return numbers;
    }

    @SuppressWarnings("unchecked") // lists are only ever made here, and take anything
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    @SuppressWarnings("unchecked") // so are maps
    private static Map<Object, Object> map(Object value) {
        return (Map<Object, Object>) value;
    }

    private long longInteger(int bytes) {
        if (bytes > 8) {
            throw bad("holds a number of " + bytes + " bytes");
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            byte b = in.get();
            value |= (i == bytes - 1 ? (long) b : b & 0xFFL) << (8 * i);
        }
        return value;
    }

    private String text(int length) {
        if (length < 0 || length > in.remaining()) {
            throw bad("holds a text longer than itself");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String line() {
        StringBuilder line = new StringBuilder();
        for (int c = in.get(); c != '\n'; c = in.get()) {
            if (line.length() == MAX_LINE) {
                throw bad("refers to a name of more than " + MAX_LINE + " characters");
            }
            line.append((char) (c & 0xFF));
        }
        return line.toString();
    }

    private WeightsException bad(String what) {
        return new WeightsException("the pickle in " + file + " " + what);
    }
}
