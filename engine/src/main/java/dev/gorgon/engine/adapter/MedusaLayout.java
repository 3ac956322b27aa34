package dev.gorgon.engine.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which tensors make up which head, found from the names alone (spec medusa.md §1.2, §1.4): the tensors are right where the
 * configuration disagrees.
 *
 * @param heads names per head, head 0 first
 * @param names all tensor names that belong to heads
 * @param sharedLmHead whether one LM head that the weights bring serves all heads, as vLLM writes it with original_lm_head
 */
record MedusaLayout(List<HeadNames> heads, List<String> names, boolean sharedLmHead) {

    private static final String PREFIX = "(?:(?:medusa_heads?|module|model)\\.)*";
    private static final Pattern BLOCK = Pattern.compile(PREFIX + "(\\d{1,3})\\.(\\d{1,3})\\.linear\\.(weight|bias)");
    private static final Pattern OWN_HEAD = Pattern.compile(PREFIX + "(\\d{1,3})\\.(\\d{1,3})\\.weight");
    private static final Pattern VLLM_BLOCK =
            Pattern.compile(PREFIX + "blocks\\.(\\d{1,3})\\.layers\\.(\\d{1,3})\\.(weight|bias)");
    private static final Pattern VLLM_SHARED_HEAD = Pattern.compile(PREFIX + "lm_head\\.weight");
    private static final Pattern VLLM_TOKEN_MAP = Pattern.compile(PREFIX + "token_map");
    /** Longer names belong to no heads; matching them would only take time. */
    private static final int MAX_NAME = 400;

    private static final Pattern VLLM_HEAD = Pattern.compile(PREFIX + "lm_heads\\.(\\d{1,3})\\.weight");

    /** Names of a head: weights and (where present) biases of its blocks, and its own LM head. */
    record HeadNames(List<String> weights, List<Optional<String>> biases, Optional<String> lmHead) {}

    /** Names seen of one head while collecting. */
    private static final class Found {
        final TreeMap<Integer, String> weights = new TreeMap<>();
        final TreeMap<Integer, String> biases = new TreeMap<>();
        final TreeMap<Integer, String> lmHeads = new TreeMap<>();
    }

    /**
     * @throws AdapterException if heads are missing, blocks have gaps, or only some heads have an LM head
     */
    static MedusaLayout detect(Set<String> tensorNames) {
        Map<Integer, Found> found = new TreeMap<>();
        List<String> used = new ArrayList<>();
        for (String name : new TreeSet<>(tensorNames)) {
            if (name.length() > MAX_NAME) {
                continue;
            }
            if (VLLM_TOKEN_MAP.matcher(name).matches()) {
                throw new AdapterException(
                        AdapterException.Code.UNSUPPORTED_ADAPTER,
                        "the Medusa heads have a token_map: LM heads for a part of the vocabulary are not supported; export"
                                + " them with truncated_vocab_size equal to vocab_size");
            }
            Matcher block = matcher(name, BLOCK, VLLM_BLOCK);
            Matcher own = matcher(name, VLLM_HEAD, OWN_HEAD);
            if (block.matches()) {
                Found head = found.computeIfAbsent(Integer.parseInt(block.group(1)), key -> new Found());
                (block.group(3).equals("weight") ? head.weights : head.biases)
                        .put(Integer.parseInt(block.group(2)), name);
                used.add(name);
            } else if (own.matches()) {
                int place = own.groupCount() > 1 ? Integer.parseInt(own.group(2)) : Integer.MAX_VALUE;
                found.computeIfAbsent(Integer.parseInt(own.group(1)), key -> new Found())
                        .lmHeads
                        .put(place, name);
                used.add(name);
            }
        }
        if (found.isEmpty()) {
            throw new AdapterException("no Medusa head tensors were found; expected names like 0.0.linear.weight");
        }
        List<HeadNames> heads = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            heads.add(head(
                    i,
                    Optional.ofNullable(found.get(i))
                            .orElseThrow(() -> new AdapterException(
                                    "Medusa heads are numbered " + found.keySet() + ", not from 0 on"))));
        }
        Optional<String> shared = sharedLmHead(tensorNames, heads);
        if (shared.isPresent()) {
            heads.replaceAll(head -> new HeadNames(head.weights, head.biases, shared));
            used.add(shared.get());
        }
        boolean own = heads.getFirst().lmHead.isPresent();
        for (int i = 0; i < heads.size(); i++) {
            if (heads.get(i).lmHead.isPresent() != own) {
                throw new AdapterException("Medusa head 0 " + (own ? "has" : "lacks")
                        + " an LM head of its own, but head " + i
                        + (own ? " lacks one" : " has " + heads.get(i).lmHead.get()));
            }
        }
        return new MedusaLayout(heads, used, shared.isPresent());
    }

    /** Whether the heads bring LM heads, as version 1 does. */
    boolean ownLmHeads() {
        return heads.getFirst().lmHead.isPresent();
    }

    /** In vLLM's layout only: elsewhere, a tensor of this name is the base model's own. */
    private static Optional<String> sharedLmHead(Set<String> tensorNames, List<HeadNames> heads) {
        boolean vllm = heads.stream()
                .flatMap(head -> head.weights.stream())
                .anyMatch(name -> VLLM_BLOCK.matcher(name).matches());
        long own = heads.stream().filter(head -> head.lmHead.isPresent()).count();
        if (!vllm || own > 1) {
            return Optional.empty();
        }
        if (own == 1) {
            return heads.size() > 1 ? heads.getFirst().lmHead : Optional.empty();
        }
        return tensorNames.stream()
                .filter(name -> name.length() <= MAX_NAME
                        && VLLM_SHARED_HEAD.matcher(name).matches())
                .sorted()
                .findFirst();
    }

    private static Matcher matcher(String name, Pattern first, Pattern second) {
        Matcher matcher = first.matcher(name);
        return matcher.matches() ? matcher : second.matcher(name);
    }

    private static HeadNames head(int index, Found found) {
        List<String> weights = new ArrayList<>();
        List<Optional<String>> biases = new ArrayList<>();
        for (int block = 0; block < found.weights.size(); block++) {
            String weight = found.weights.get(block);
            if (weight == null) {
                throw new AdapterException(
                        "Medusa head " + index + " has blocks " + found.weights.keySet() + ", not from 0 on");
            }
            weights.add(weight);
            biases.add(Optional.ofNullable(found.biases.get(block)));
        }
        found.biases.keySet().removeAll(found.weights.keySet());
        if (!found.biases.isEmpty()) {
            throw new AdapterException("tensor " + found.biases.firstEntry().getValue() + " has no weight beside it");
        }
        if (found.lmHeads.size() > 1) {
            throw new AdapterException("Medusa head " + index + " has several LM heads: " + found.lmHeads.values());
        }
        if (!found.lmHeads.isEmpty()) {
            int place = found.lmHeads.firstKey();
            if (place != Integer.MAX_VALUE && place != weights.size()) {
                throw new AdapterException("tensor " + found.lmHeads.get(place) + " should follow " + place
                        + " residual blocks, but head " + index + " has " + weights.size());
            }
        }
        return new HeadNames(weights, biases, found.lmHeads.values().stream().findFirst());
    }
}
