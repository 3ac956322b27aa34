package dev.gorgon.engine.adapter;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which tensors of an adapter change which module, found from the names alone. PEFT's names are understood with and without its
 * prefix {@code base_model.model.}, with the adapter's name after {@code lora_A}, and with what wrappers of training frameworks
 * leave in a path.
 *
 * @param linears factors of linear modules, by the module's path in the base model
 * @param embeddings factors of embeddings, by the module's path in the base model
 * @param copies tensors that PEFT saves beside a LoRA of the embeddings or the LM head: the base model's own, unchanged
 * @param unknown names that are none of these
 */
record LoraTensors(
        SortedMap<String, Factors> linears,
        SortedMap<String, Factors> embeddings,
        Set<String> copies,
        Set<String> unknown) {

    /** Longer names belong to no model; matching them would only take time. */
    private static final int MAX_NAME = 400;

    private static final Pattern WRAPPER =
            Pattern.compile("(^module\\.|_orig_mod\\.|_fsdp_wrapped_module\\.|_checkpoint_wrapped_module\\.)");
    private static final Pattern NAME =
            Pattern.compile("(.+)\\.lora_(embedding_)?([AB])(?:\\.(?!weight$|bias$)[^.]+)?(?:\\.weight)?");
    private static final Pattern REFUSED =
            Pattern.compile(".*\\.(lora_magnitude_vector|lora_[AB](?:\\.[^.]+)?\\.bias|modules_to_save)(\\..*)?");
    private static final Pattern COPY = Pattern.compile("(model\\.embed_tokens|lm_head)(?:\\.base_layer)?\\.weight");

    /** Names of A and B. */
    record Factors(String down, String up) {}

    /** Names seen of one module while collecting. */
    private static final class Found {
        private Optional<String> down = Optional.empty();
        private Optional<String> up = Optional.empty();
    }

    /**
     * @param others names of tensors that belong to something else, for example Medusa heads
     * @throws AdapterException if a module has only one factor or several of a kind, or a tensor belongs to what is not supported
     */
    static LoraTensors scan(String id, Collection<String> names, Collection<String> others) {
        SortedMap<String, Found> linears = new TreeMap<>();
        SortedMap<String, Found> embeddings = new TreeMap<>();
        Set<String> copies = new TreeSet<>();
        Set<String> unknown = new TreeSet<>();
        Set<String> foreign = Set.copyOf(others);
        for (String name : new TreeSet<>(names)) {
            if (foreign.contains(name)) {
                continue;
            }
            String path = name.length() > MAX_NAME ? "" : path(name);
            Matcher matcher = NAME.matcher(path);
            if (REFUSED.matcher(path).matches()) {
                throw new AdapterException(
                        AdapterException.Code.UNSUPPORTED_ADAPTER,
                        "adapter " + id + " holds " + name + ": DoRA, trained biases and fully trained modules are not"
                                + " supported; merge the adapter into its base model, or train it without them");
            } else if (matcher.matches()) {
                SortedMap<String, Found> modules = matcher.group(2) == null ? linears : embeddings;
                Found found = modules.computeIfAbsent(matcher.group(1), key -> new Found());
                boolean down = matcher.group(3).equals("A");
                Optional<String> before = down ? found.down : found.up;
                if (before.isPresent()) {
                    throw new AdapterException("adapter " + id + " has two tensors for one factor: " + before.get()
                            + " and " + name + "; a file must hold one adapter");
                }
                if (down) {
                    found.down = Optional.of(name);
                } else {
                    found.up = Optional.of(name);
                }
            } else if (COPY.matcher(path).matches()) {
                copies.add(name);
            } else {
                unknown.add(name);
            }
        }
        return new LoraTensors(pairs(id, linears), pairs(id, embeddings), copies, unknown);
    }

    /** The tensor's path in the base model. */
    private static String path(String name) {
        String path = WRAPPER.matcher(name).replaceAll("");
        while (path.startsWith("base_model.model.")) {
            path = path.substring("base_model.model.".length());
        }
        return path;
    }

    private static SortedMap<String, Factors> pairs(String id, SortedMap<String, Found> found) {
        SortedMap<String, Factors> pairs = new TreeMap<>();
        found.forEach((module, names) -> {
            if (names.down.isEmpty() || names.up.isEmpty()) {
                throw new AdapterException(
                        "adapter " + id + " has only one of lora_A and lora_B for " + module + ": both are needed");
            }
            pairs.put(module, new Factors(names.down.get(), names.up.get()));
        });
        return pairs;
    }
}
