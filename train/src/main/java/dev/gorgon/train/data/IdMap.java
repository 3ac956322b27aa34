package dev.gorgon.train.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Whole numbers by id, in 16 bytes for each id: of an id only 64 bits of its SHA-256 are kept. Two ids that agree in them are taken
 * for one; among ten million ids that happens with a chance of about one in 400 000.
 */
public final class IdMap {

    /** No number. */
    public static final long ABSENT = -1;

    private long[] keys = new long[1 << 10];
    private long[] values = filled(1 << 10);
    private int size;

    /** The number of an id, else {@link #ABSENT}. */
    public long get(String id) {
        return values[slot(keys, values, key(id))];
    }

    public boolean contains(String id) {
        return get(id) != ABSENT;
    }

    /** @param value not negative */
    public void put(String id, long value) {
        if (2 * size >= keys.length) {
            grow();
        }
        long key = key(id);
        int slot = slot(keys, values, key);
        size += values[slot] == ABSENT ? 1 : 0;
        keys[slot] = key;
        values[slot] = value;
    }

    public int size() {
        return size;
    }

    private void grow() {
        long[] newKeys = new long[2 * keys.length];
        long[] newValues = filled(newKeys.length);
        for (int i = 0; i < keys.length; i++) {
            if (values[i] != ABSENT) {
                int slot = slot(newKeys, newValues, keys[i]);
                newKeys[slot] = keys[i];
                newValues[slot] = values[i];
            }
        }
        keys = newKeys;
        values = newValues;
    }

    private static int slot(long[] keys, long[] values, long key) {
        int slot = (int) key & keys.length - 1;
        while (values[slot] != ABSENT && keys[slot] != key) {
            slot = slot + 1 & keys.length - 1;
        }
        return slot;
    }

    private static long[] filled(int length) {
        long[] values = new long[length];
        Arrays.fill(values, ABSENT);
        return values;
    }

    /** The first eight bytes of the SHA-256 of a text. */
    public static long key(String text) {
        byte[] digest = sha256(text);
        long key = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            key = key << 8 | digest[i] & 0xff;
        }
        return key;
    }

    /** The first 8 digits of the SHA-256 of a text. */
    static String digits(String text) {
        return HexFormat.of().formatHex(sha256(text), 0, 4);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
