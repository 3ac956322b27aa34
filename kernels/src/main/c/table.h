/* The table of one instruction set, from everything above. */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

const struct kernels PASTE(gorgon_, INSTRUCTION_SET) = {
    .input_row_bytes = input_row_bytes,
    .pack_inputs = pack_inputs,
    .linear = linear,
    .pack_weights = pack_weights,
    .rms_norm = rms_norm,
    .rotate_and_store = rotate_and_store,
    .gated_activation = gated_activation,
    .residual_activation = residual_activation,
    .attend = attend,
    .reduce_logits = reduce_logits,
    .read = read_memory,
    .pack_down = pack_down,
    .shrink = shrink,
    .expand = expand,
    .peak = peak,
};
