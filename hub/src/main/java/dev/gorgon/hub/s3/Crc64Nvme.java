package dev.gorgon.hub.s3;

import java.util.zip.Checksum;

/** The checksum S3 gives every new object by itself: CRC-64/NVME (polynomial 0xAD93D23594C93659, reflected, inverted at both ends). */
final class Crc64Nvme implements Checksum {
    private static final long REFLECTED_POLYNOMIAL = 0x9A6C9329AC4BC9B5L;
    private static final long[] TABLE = new long[256];

    static {
        for (int i = 0; i < TABLE.length; i++) {
            long value = i;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                value = (value & 1) == 0 ? value >>> 1 : (value >>> 1) ^ REFLECTED_POLYNOMIAL;
            }
            TABLE[i] = value;
        }
    }

    private long state = -1;

    @Override
    public void update(int b) {
        state = TABLE[(int) (state ^ b) & 0xFF] ^ (state >>> Byte.SIZE);
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            update(bytes[i]);
        }
    }

    @Override
    public long getValue() {
        return ~state;
    }

    @Override
    public void reset() {
        state = -1;
    }
}
