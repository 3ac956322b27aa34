package dev.gorgon.hub;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/** Which files of a repository or folder make up a model or an adapter (LoRAX contract, section 2.5). Only its top level counts. */
public final class WantedFiles {
    /** Names that may become file names on any system, and never lead out of a folder. */
    private static final Pattern PLAIN = Pattern.compile("[^/\\\\:*?\"<>|\\p{Cntrl}]{1,255}");

    /** What trainers leave beside the weights. */
    private static final List<String> LEFTOVERS =
            List.of("arguments", "args", "training", "optimizer", "scheduler", "rng_state");

    /** In order of preference: the first kind of which there is any is taken, and no other. */
    private static final List<String> ADAPTER_WEIGHTS = List.of(".safetensors", ".bin", ".pt");

    /** Base models are mapped into memory, which the other kinds do not allow. */
    private static final List<String> MODEL_WEIGHTS = List.of(".safetensors");

    private static final List<String> ADAPTER_FILES = List.of("config.json", "adapter_config.json");

    private static final List<String> MODEL_FILES = List.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "tokenizer.model",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "vocab.txt",
            "merges.txt",
            "chat_template.jinja",
            "chat_template.json",
            "model.safetensors.index.json");

    private WantedFiles() {}

    /** The names among these that are wanted. */
    public static List<String> of(Contents contents, Collection<String> names) {
        List<String> wanted = new ArrayList<>();
        for (String name : optional(contents)) {
            if (names.contains(name)) {
                wanted.add(name);
            }
        }
        wanted.addAll(weights(contents, names));
        return wanted;
    }

    /** Files that are read when they are there. */
    public static List<String> optional(Contents contents) {
        return contents == Contents.MODEL ? MODEL_FILES : ADAPTER_FILES;
    }

    /** The names among these that hold weights. */
    public static List<String> weights(Contents contents, Collection<String> names) {
        for (String ending : contents == Contents.MODEL ? MODEL_WEIGHTS : ADAPTER_WEIGHTS) {
            List<String> found = names.stream()
                    .filter(name -> name.endsWith(ending) && isPlain(name))
                    .filter(name -> LEFTOVERS.stream().noneMatch(name::contains))
                    .sorted()
                    .toList();
            if (!found.isEmpty()) {
                return contents == Contents.MODEL ? withoutDuplicates(found) : found;
            }
        }
        return List.of();
    }

    /** Some models carry the same weights twice, as {@code model-*.safetensors} and under names of other programs. */
    private static List<String> withoutDuplicates(List<String> weights) {
        List<String> named =
                weights.stream().filter(name -> name.startsWith("model")).toList();
        return named.isEmpty() ? weights : named;
    }

    /** Whether this is the name of a file at the top level that no file system understands otherwise. */
    public static boolean isPlain(String name) {
        return PLAIN.matcher(name).matches() && !name.startsWith(".");
    }
}
