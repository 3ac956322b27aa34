package dev.gorgon.hub.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * What a whole file must hash to.
 *
 * @param kind the function
 * @param value its result, most significant byte first
 */
record Fingerprint(Kind kind, byte[] value) {
    private static final int BUFFER_BYTES = 1 << 18;

    /** The functions S3 servers offer, the strongest first. */
    enum Kind {
        SHA256(32),
        MD5(16),
        CRC64NVME(8),
        CRC32C(4),
        CRC32(4);

        private final int bytes;

        Kind(int bytes) {
            this.bytes = bytes;
        }

        /** Size of a result. */
        int bytes() {
            return bytes;
        }
    }

    /** Reads the file once. */
    boolean matches(Path file) throws IOException {
        return Arrays.equals(value, compute(file));
    }

    private byte[] compute(Path file) throws IOException {
        return switch (kind) {
            case SHA256 -> digest(file, "SHA-256");
            case MD5 -> digest(file, "MD5");
            case CRC64NVME -> checksum(file, new Crc64Nvme());
            case CRC32C -> checksum(file, new CRC32C());
            case CRC32 -> checksum(file, new CRC32());
        };
    }

    private static byte[] digest(Path file, String algorithm) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
        read(file, digest::update);
        return digest.digest();
    }

    private byte[] checksum(Path file, Checksum sum) throws IOException {
        read(file, sum::update);
        byte[] all = ByteBuffer.allocate(Long.BYTES).putLong(sum.getValue()).array();
        return Arrays.copyOfRange(all, all.length - kind.bytes(), all.length);
    }

    private static void read(Path file, Taker taker) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                taker.take(buffer, 0, n);
            }
        }
    }

    private interface Taker {
        void take(byte[] buffer, int offset, int length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Fingerprint that && kind == that.kind && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }
}
