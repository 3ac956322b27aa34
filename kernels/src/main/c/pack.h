/* Packing of row-major matrices into blocks of 32 outputs, with one vector lane per output. */

/* Inputs up to which rows are packed one by one. */
enum { NARROW = 64 };

/* Source elements as float32, 32 outputs by 32 inputs, transposed; what lies outside the matrix is zero. */
struct patch {
    float values[GROUP][BLOCK];
};

INLINE float element(const uint8_t *source, int32_t type, int64_t index)
{
    uint32_t bits;
    uint16_t low;
    float value;
    if (type == SOURCE_F32) {
        memcpy(&value, source + 4 * index, 4);
        return value;
    }
    memcpy(&low, source + 2 * index, 2);
    if (type == SOURCE_F16) {
        return from_half(low);
    }
    bits = (uint32_t)low << 16;
    memcpy(&value, &bits, 4);
    return value;
}

/* Returns whether all elements are finite. */
INLINE int read_patch(const uint8_t *source, const int32_t type, int32_t inputs, int64_t row, int32_t lane, int32_t lanes,
                      int32_t k, float scale, struct patch *patch)
{
    int32_t columns = inputs - k < GROUP ? inputs - k : GROUP;
    if (lanes < BLOCK || columns < GROUP) {
        memset(patch, 0, sizeof *patch);
    }
    for (int32_t l = 0; l < lanes; l++) {
        int64_t from = (row + l) * inputs + k;
        for (int32_t i = 0; i < columns; i++) {
            patch->values[i][lane + l] = element(source, type, from + i) * scale;
        }
    }
    /* x - x is not zero for what is not finite */
    v16 bad = v_zero();
    for (int32_t i = 0; i < columns; i++) {
        v16 a = v_load(patch->values[i]), b = v_load(patch->values[i] + 16);
        bad = v_add(bad, v_add(v_sub(a, a), v_sub(b, b)));
    }
    return v_equal(bad, v_zero()) == 0xFFFF;
}

INLINE void put_lanes(void *target, const void *source, int32_t size, int32_t lane, int32_t lanes)
{
    memcpy((uint8_t *)target + lane * size, (const uint8_t *)source + lane * size, (size_t)(lanes * size));
}

static void put_floats(int32_t format, const struct patch *patch, int32_t columns, int32_t lane, int32_t lanes, uint8_t *unit)
{
    for (int32_t i = 0; i < columns; i += 2, unit += unit_bytes(format)) {
        if (format == FORMAT_F32) {
            put_lanes(unit, patch->values[i], 4, lane, lanes);
            put_lanes(unit + 128, patch->values[i + 1], 4, lane, lanes);
            continue;
        }
        uint32_t pairs[BLOCK];
        for (int32_t l = 0; l < BLOCK; l++) {
            pairs[l] = bf16(patch->values[i][l]) | bf16(patch->values[i + 1][l]) << 16;
        }
        put_lanes(unit, pairs, 4, lane, lanes);
    }
}

/* Scales as half floats; returns whether none overflowed. */
INLINE int round_scales(float *scales, uint16_t *halves)
{
    int finite = 1;
    for (int i = 0; i < BLOCK; i++) {
        halves[i] = half(scales[i]);
        finite &= (halves[i] & 0x7C00) != 0x7C00;
        scales[i] = from_half(halves[i]);
    }
    return finite;
}

INLINE v16 inverse_of(v16 scale)
{
    v16 nonzero = v_mul(scale, scale);
    /* the square of the smallest half float is still a normal float32 */
    return v_if_less(v_zero(), nonzero, v_div(v_set(1.0f), scale), v_zero());
}

/* Writes those of the outputs [c, c + 16) that are among the lanes being packed. */
INLINE void put_words(uint8_t *target, i16 word, int32_t c, int32_t lane, int32_t lanes)
{
    int32_t words[BLOCK];
    i_store(words + c, word);
    int32_t from = lane > c ? lane : c, to = lane + lanes < c + 16 ? lane + lanes : c + 16;
    if (from < to) {
        put_lanes(target, words, 4, from, to - from);
    }
}

/* scale = largest / 127, byte = 128 + round(w / scale). */
static int put_q8(const struct patch *patch, int32_t lane, int32_t lanes, uint8_t *unit)
{
    float scales[BLOCK];
    uint16_t halves[BLOCK];
    for (int c = 0; c < BLOCK; c += 16) {
        i16 largest = i_set(0);
        for (int i = 0; i < GROUP; i++) {
            largest = i_max(largest, i_and(i_bits(v_load(patch->values[i] + c)), i_set(0x7FFFFFFF)));
        }
        v_store(scales + c, v_div(v_bits(largest), v_set(127.0f)));
    }
    int finite = round_scales(scales, halves);
    put_lanes(unit, halves, 2, lane, lanes);
    for (int c = 0; c < BLOCK; c += 16) {
        v16 inverse = inverse_of(v_load(scales + c));
        for (int j = 0; j < GROUP / 4; j++) {
            i16 word = i_set(0);
            for (int b = 0; b < 4; b++) {
                i16 q = i_round(v_mul(v_load(patch->values[4 * j + b] + c), inverse));
                q = i_add(i_min(i_max(q, i_set(-127)), i_set(127)), i_set(128));
                word = i_or(word, i_shl(q, 8 * b));
            }
            put_words(unit + 64 + j * 128, word, c, lane, lanes);
        }
    }
    return finite;
}

/* Divisors of the largest weight that are tried for the scale; the one with the least squared error is taken. */
static const float Q4_DIVISORS[] = {-8.0f, -7.5f, -8.5f, -9.0f, 7.5f, 8.0f, 8.5f, 9.0f};

INLINE i16 q4_levels(v16 w, v16 inverse)
{
    return i_min(i_max(i_add(i_round(v_mul(w, inverse)), i_set(8)), i_set(0)), i_set(15));
}

/* level = 8 + round(w / scale), 0 to 15. */
static int put_q4(const struct patch *patch, int32_t lane, int32_t lanes, uint8_t *unit)
{
    float extreme[BLOCK], scales[BLOCK], best[BLOCK], candidate[BLOCK];
    uint16_t halves[BLOCK], best_halves[BLOCK];
    int finite = 1;
    for (int c = 0; c < BLOCK; c += 16) {
        v16 largest = v_zero(), value = v_zero();
        for (int i = 0; i < GROUP; i++) {
            v16 w = v_load(patch->values[i] + c);
            v16 size = v_bits(i_and(i_bits(w), i_set(0x7FFFFFFF)));
            value = v_if_less(largest, size, w, value);
            largest = v_max(largest, size);
        }
        v_store(extreme + c, value);
    }
    for (size_t d = 0; d < sizeof Q4_DIVISORS / sizeof Q4_DIVISORS[0]; d++) {
        for (int c = 0; c < BLOCK; c += 16) {
            v_store(candidate + c, v_div(v_load(extreme + c), v_set(Q4_DIVISORS[d])));
        }
        int ok = round_scales(candidate, halves);
        finite &= ok || d > 0;
        for (int c = 0; c < BLOCK; c += 16) {
            v16 scale = v_load(candidate + c), inverse = inverse_of(scale), error = v_zero();
            for (int i = 0; i < GROUP; i++) {
                v16 w = v_load(patch->values[i] + c);
                v16 level = v_from_int(i_sub(q4_levels(w, inverse), i_set(8)));
                v16 miss = v_fma(v_neg(level), scale, w);
                error = v_fma(miss, miss, error);
            }
            float errors[16];
            v_store(errors, error);
            for (int i = 0; i < 16; i++) {
                if (d == 0 || errors[i] < best[c + i]) {
                    best[c + i] = errors[i];
                    best_halves[c + i] = halves[c + i];
                    scales[c + i] = candidate[c + i];
                }
            }
        }
    }
    put_lanes(unit, best_halves, 2, lane, lanes);
    for (int c = 0; c < BLOCK; c += 16) {
        v16 inverse = inverse_of(v_load(scales + c));
        for (int j = 0; j < GROUP / 8; j++) {
            i16 word = i_set(0);
            for (int b = 0; b < 4; b++) {
                i16 low = q4_levels(v_load(patch->values[4 * j + b] + c), inverse);
                i16 high = q4_levels(v_load(patch->values[16 + 4 * j + b] + c), inverse);
                word = i_or(word, i_shl(i_or(low, i_shl(high, 4)), 8 * b));
            }
            put_words(unit + 64 + j * 128, word, c, lane, lanes);
        }
    }
    return finite;
}

/* Rows of few inputs, the B of low-rank changes: too narrow for patches. */
INLINE int32_t pack_narrow(int32_t format, const uint8_t *source, const int32_t type, int32_t inputs, int32_t from, int32_t to,
                           int32_t first_output, float scale, uint8_t *weights)
{
    int64_t block_bytes = units(format, inputs) * unit_bytes(format);
    uint32_t bad = 0;
    for (int32_t row = from; row < to; row++) {
        int32_t output = first_output + row;
        uint8_t *lane = weights + output / BLOCK * block_bytes + output % BLOCK * 4;
        float values[NARROW + 1];
        for (int32_t i = 0; i < inputs; i++) {
            uint32_t bits;
            values[i] = element(source, type, (int64_t)row * inputs + i) * scale;
            memcpy(&bits, values + i, 4);
            bad |= (bits & 0x7F800000) == 0x7F800000;
        }
        values[inputs] = 0.0f;
        for (int32_t i = 0; i < inputs; i += 2, lane += unit_bytes(format)) {
            if (format == FORMAT_F32) {
                memcpy(lane, values + i, 4);
                memcpy(lane + 128, values + i + 1, 4);
            } else {
                uint32_t pair = bf16(values[i]) | bf16(values[i + 1]) << 16;
                memcpy(lane, &pair, 4);
            }
        }
    }
    return (int32_t)bad;
}

INLINE int32_t pack_rows(int32_t format, const uint8_t *source, const int32_t type, int32_t inputs, int32_t from, int32_t to,
                         int32_t first_output, float scale, uint8_t *weights)
{
    if (inputs <= NARROW && format <= FORMAT_BF16) {
        return pack_narrow(format, source, type, inputs, from, to, first_output, scale, weights);
    }
    struct patch patch;
    int64_t block_bytes = units(format, inputs) * unit_bytes(format);
    int finite = 1;
    for (int32_t row = from; row < to;) {
        int32_t output = first_output + row;
        int32_t lane = output % BLOCK;
        int32_t lanes = to - row < BLOCK - lane ? to - row : BLOCK - lane;
        uint8_t *block = weights + output / BLOCK * block_bytes;
        for (int32_t k = 0; k < inputs; k += GROUP) {
            finite &= read_patch(source, type, inputs, row, lane, lanes, k, scale, &patch);
            if (format == FORMAT_Q8) {
                finite &= put_q8(&patch, lane, lanes, block + k / GROUP * unit_bytes(format));
            } else if (format == FORMAT_Q4) {
                finite &= put_q4(&patch, lane, lanes, block + k / GROUP * unit_bytes(format));
            } else {
                int32_t columns = inputs - k < GROUP ? inputs - k : GROUP;
                put_floats(format, &patch, columns, lane, lanes, block + k / 2 * unit_bytes(format));
            }
        }
        row += lanes;
    }
    return !finite;
}

static int32_t pack_weights(int32_t format, const uint8_t *source, int32_t type, int32_t inputs, int32_t from, int32_t to,
                            int32_t first_output, float scale, uint8_t *weights)
{
    switch (type) {
    case SOURCE_F32:
        return pack_rows(format, source, SOURCE_F32, inputs, from, to, first_output, scale, weights);
    case SOURCE_F16:
        return pack_rows(format, source, SOURCE_F16, inputs, from, to, first_output, scale, weights);
    default:
        return pack_rows(format, source, SOURCE_BF16, inputs, from, to, first_output, scale, weights);
    }
}
