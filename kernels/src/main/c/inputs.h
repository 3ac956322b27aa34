/*
 * Packing of activations for matrix products: rows go in panels that one pass over a block of weights serves, input by input
 * side by side, rounded or quantized as the multiplication wants them.
 */
#include <string.h>

#ifdef HAS_BF16_DOT
enum { BF16_IS_F32 = 0 };
#else
enum { BF16_IS_F32 = 1 };
#endif

/* Inputs are taken by units: a pair of them, or a group that shares a scale. */
INLINE int32_t units(int32_t format, int32_t inputs)
{
    return format <= FORMAT_BF16 ? (inputs + 1) / 2 : (inputs + GROUP - 1) / GROUP;
}

INLINE int64_t unit_bytes(int32_t format)
{
    switch (format) {
    case FORMAT_F32:
        return 2 * BLOCK * 4;
    case FORMAT_BF16:
        return 2 * BLOCK * 2;
    case FORMAT_Q8:
        return BLOCK * 2 + BLOCK * GROUP;
    default:
        return BLOCK * 2 + BLOCK * GROUP / 2;
    }
}

INLINE int64_t input_unit_bytes(int32_t format)
{
    if (format == FORMAT_F32 || (format == FORMAT_BF16 && BF16_IS_F32)) {
        return 8;
    }
    return format == FORMAT_BF16 ? 4 : 8 + GROUP;
}

INLINE int32_t panel_rows(int32_t format, int32_t rows)
{
    if (format >= FORMAT_Q8) {
        /* higher tiles spill: worth it to read weights from memory once, not where they are in a cache anyway */
        return rows > PANEL_ROWS_INT && PANEL_ROWS_INT > 6 ? 6 : PANEL_ROWS_INT;
    }
    return format == FORMAT_F32 || BF16_IS_F32 ? PANEL_ROWS_FLOAT : PANEL_ROWS_DOT;
}

INLINE int32_t panels(int32_t format, int32_t rows)
{
    return (rows + panel_rows(format, rows) - 1) / panel_rows(format, rows);
}

/* Rows are spread evenly, so that no panel is much smaller than the others. */
INLINE int32_t panel_start(int32_t rows, int32_t panel_count, int32_t panel)
{
    return (int32_t)((int64_t)rows * panel / panel_count);
}

static int64_t input_row_bytes(int32_t format, int32_t inputs)
{
    return units(format, inputs) * input_unit_bytes(format);
}

INLINE uint32_t bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) {
        return bits >> 16 | 0x40;
    }
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

/* Groups of inputs [first, end) of a panel: [pair][row][2] float32. */
static void pack_float(int32_t inputs, int32_t first, int32_t end, const float *x, int64_t stride, int32_t rows, float *out)
{
    int32_t stop = end * GROUP < inputs ? end * GROUP : inputs;
    for (int32_t r = 0; r < rows; r++) {
        const float *row = x + r * stride;
        int32_t k = first * GROUP;
        float *to = out + (int64_t)k * rows + 2 * r;
        for (; k + 2 <= stop; k += 2, to += 2 * rows) {
            memcpy(to, row + k, 8);
        }
        if (k < stop) {
            to[0] = row[k];
            to[1] = 0.0f;
        }
    }
}

#ifdef HAS_BF16_DOT
/* Groups of inputs [first, end) of a panel: [pair][row][2] bfloat16, rounded to nearest even. */
static void pack_bf16(int32_t inputs, int32_t first, int32_t end, const float *x, int64_t stride, int32_t rows, uint32_t *out)
{
    int32_t stop = end * GROUP < inputs ? end * GROUP : inputs;
    for (int32_t r = 0; r < rows; r++) {
        const float *row = x + r * stride;
        for (int32_t k = first * GROUP; k < stop; k += GROUP) {
            uint32_t *to = out + (int64_t)(k / 2) * rows + r;
            int32_t count = stop - k < GROUP ? (stop - k + 1) / 2 : GROUP / 2;
            float tail[GROUP] = {0};
            const float *from = row + k;
            if (stop - k < GROUP) {
                memcpy(tail, from, (size_t)(stop - k) * 4);
                from = tail;
            }
            i16 pairs = (i16)_mm512_cvtne2ps_pbh(v_load(from + 16), v_load(from));
            if (rows == 1 && count == GROUP / 2) {
                i_store(to, pairs);
                continue;
            }
            uint32_t lanes[GROUP / 2];
            i_store(lanes, pairs);
            for (int32_t i = 0; i < count; i++) {
                to[i * rows] = lanes[i];
            }
        }
    }
}
#endif

/* One group of one row: its scale, the sum of its bytes times -offset, and the bytes. */
INLINE void quantize_group(const float *x, int32_t offset, float *scale, int32_t *sum, uint8_t *bytes)
{
    v16 a = v_load(x), b = v_load(x + 16);
    i16 magnitude = i_set(0x7FFFFFFF);
    /* as integers, so that a NaN is the largest of all and spoils the scale, as it must */
    int32_t bits = i_largest(i_max(i_and(i_bits(a), magnitude), i_and(i_bits(b), magnitude)));
    float largest;
    memcpy(&largest, &bits, 4);
    v16 inverse = v_set(largest < 1e-30f ? 0.0f : 127.0f / largest);
    *scale = largest / 127.0f;
    i16 qa = i_round(v_mul(a, inverse)), qb = i_round(v_mul(b, inverse));
    i_store_bytes(bytes, qa);
    i_store_bytes(bytes + 16, qb);
    *sum = -offset * i_sum(i_add(qa, qb));
}

/* Groups of inputs [first, end) of a panel: [group]{ [row] scale, [row] -offset*sum, [inputs/4][row][4] int8 }. */
static void pack_int(int32_t inputs, int32_t offset, int32_t first, int32_t end, const float *x, int64_t stride, int32_t rows,
                     uint8_t *out)
{
    for (int32_t g = first; g < end; g++) {
        uint8_t *unit = out + (int64_t)g * rows * (8 + GROUP);
        uint32_t *bytes = (uint32_t *)unit + 2 * rows;
        for (int32_t r = 0; r < rows; r++) {
            const float *from = x + r * stride + g * GROUP;
            float tail[GROUP] = {0};
            if (inputs - g * GROUP < GROUP) {
                memcpy(tail, from, (size_t)(inputs - g * GROUP) * 4);
                from = tail;
            }
            uint32_t quantized[GROUP / 4];
            quantize_group(from, offset, (float *)unit + r, (int32_t *)unit + rows + r, (uint8_t *)quantized);
            for (int i = 0; i < GROUP / 4; i++) {
                bytes[i * rows + r] = quantized[i];
            }
        }
    }
}

static void pack_inputs(int32_t format, int32_t inputs, const float *x, int64_t stride, int32_t rows, int32_t first,
                        int32_t end, uint8_t *packed)
{
    int32_t count = panels(format, rows);
    int64_t row_bytes = input_row_bytes(format, inputs);
    for (int32_t panel = 0; panel < count; panel++) {
        int32_t start = panel_start(rows, count, panel);
        int32_t size = panel_start(rows, count, panel + 1) - start;
        const float *from = x + start * stride;
        uint8_t *to = packed + start * row_bytes;
        if (format >= FORMAT_Q8) {
            pack_int(inputs, format == FORMAT_Q8 ? Q8_OFFSET : 8, first, end, from, stride, size, to);
#ifdef HAS_BF16_DOT
        } else if (format == FORMAT_BF16) {
            pack_bf16(inputs, first, end, from, stride, size, (uint32_t *)to);
#endif
        } else {
            pack_float(inputs, first, end, from, stride, size, (float *)to);
        }
    }
}
