package dev.gorgon.engine.adapter;

import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.FiniteCheck;
import dev.gorgon.engine.weights.TensorSource;
import dev.gorgon.engine.weights.WeightsException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Several LoRAs merged into one (spec lorax-contract.md §2.4). A and B are merged each for itself, module by module, from the
 * adapters that have the module; each tensor is computed when it is asked for.
 *
 * <p>LoRAX applies the first adapter's scale alpha/r to the merged product and ignores the others' scales. Here, each adapter's B
 * is first multiplied with its own scale over that of the first adapter which has the module. Where the scales are equal, the
 * factor is 1 and the result is LoRAX's; where they differ, each adapter counts as much as it does when served alone, and it does
 * not matter how its author divided an amount between alpha and B.
 */
final class LoraMerge implements TensorSource, LoraSettings {

    private static final String DOWN = ".lora_A.weight";
    private static final String UP = ".lora_B.weight";
    private static final String EMBEDDING_DOWN = ".lora_embedding_A";
    private static final String EMBEDDING_UP = ".lora_embedding_B";

    private final List<Member> members;
    private final MergeSpec spec;
    private final TreeMap<String, Module> modules = new TreeMap<>();

    /** An adapter that takes part: its identity, its tensors and what they mean. */
    record Member(String identity, LoraReader reader, LoraTensors names, LoraConfig config) {}

    /** A tensor of the result: which module, which factor. */
    private record Module(String path, boolean up) {}

    /** A member that has a module, and its place in the list of adapters. */
    private record Share(int place, Member member, LoraTensors.Factors factors) {}

    /**
     * @throws AdapterException if the adapters cannot be merged
     * @throws IllegalArgumentException if there is not one weight per adapter
     */
    LoraMerge(List<Member> members, MergeSpec spec) {
        this.members = List.copyOf(members);
        this.spec = spec;
        if (spec.weights().size() != members.size()) {
            throw new IllegalArgumentException("there are " + members.size() + " adapters to merge, but "
                    + spec.weights().size() + " weights");
        }
        Set<Integer> ranks = new TreeSet<>();
        boolean targets = false;
        for (Member member : members) {
            ranks.add(member.config().rank());
            targets |= !member.config().targets().isEmpty();
            LoraLoader.checkUse(member.reader(), member.names());
            member.names().linears().keySet().stream()
                    .filter(path -> member.reader().site(path).isPresent())
                    .forEach(path -> put(path, false));
            member.names().embeddings().keySet().stream()
                    .filter(LoraReader.EMBEDDINGS::equals)
                    .forEach(path -> put(path, true));
        }
        requireEqual(ranks, "");
        if (!targets) {
            throw new AdapterException("unable to merge adapters, lora configs have no target modules");
        }
        modules.values().stream()
                .map(Module::path)
                .distinct()
                .forEach(path -> requireEqual(
                        new TreeSet<>(shares(path).stream()
                                .map(share -> share.member().config().rank(path))
                                .toList()),
                        " for " + path));
    }

    private void put(String path, boolean embedding) {
        modules.put(path + (embedding ? EMBEDDING_DOWN : DOWN), new Module(path, false));
        modules.put(path + (embedding ? EMBEDDING_UP : UP), new Module(path, true));
    }

    private static void requireEqual(Set<Integer> ranks, String where) {
        if (ranks.size() > 1) {
            String list = String.join(", ", ranks.stream().map(String::valueOf).toList());
            throw new AdapterException(
                    "unable to merge adapters, lora configs have different ranks: {" + list + "}" + where);
        }
    }

    private List<Share> shares(String path) {
        List<Share> shares = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            boolean embedding = path.equals(LoraReader.EMBEDDINGS);
            LoraTensors.Factors factors =
                    (embedding ? member.names().embeddings() : member.names().linears()).get(path);
            if (factors != null) {
                shares.add(new Share(i, member, factors));
            }
        }
        return shares;
    }

    @Override
    public Set<String> names() {
        return modules.keySet();
    }

    @Override
    public Path path() {
        return members.getFirst().reader().tensors().path();
    }

    /** Computes a tensor; its memory is freed when nothing refers to it any more. */
    @Override
    public Tensor tensor(String name) {
        Module module = modules.get(name);
        if (module == null) {
            throw new WeightsException("there is no tensor " + name + " in the merged adapters");
        }
        List<FactorMerge.Operand> operands = new ArrayList<>();
        for (Share share : shares(module.path())) {
            operands.add(operand(module, share));
        }
        return FactorMerge.merge(spec, operands, Arena.ofAuto());
    }

    private FactorMerge.Operand operand(Module module, Share share) {
        Member member = share.member();
        LoraReader.Factors factors = factors(module, share);
        Tensor tensor = module.up() ? factors.up() : factors.down();
        // a vote would lose what is not a number instead of showing it
        FiniteCheck.requireFinite(
                tensor,
                module.up() ? share.factors().up() : share.factors().down(),
                member.reader().tensors().path());
        double scale = module.up() ? member.config().scale(module.path()) / scale(module.path()) : 1;
        List<String> key = new ArrayList<>(List.of(module.path(), module.up() ? "B" : "A", "" + share.place()));
        members.forEach(each -> key.add(each.identity()));
        return new FactorMerge.Operand(
                tensor, (float) scale, spec.weights().get(share.place()).floatValue(), key);
    }

    /** Checked factors: of the shape that the model needs and of the rank that all share. */
    private static LoraReader.Factors factors(Module module, Share share) {
        LoraReader reader = share.member().reader();
        return reader.site(module.path())
                .map(site -> reader.linear(module.path(), site.target(), share.factors()))
                .orElseGet(() -> reader.embedding(module.path(), share.factors()));
    }

    @Override
    public int rank(String module) {
        return shares(module).getFirst().member().config().rank(module);
    }

    @Override
    public double scale(String module) {
        return shares(module).getFirst().member().config().scale(module);
    }

    @Override
    public boolean tiedTogether() {
        return members.stream().anyMatch(member -> member.config().tiedTogether());
    }

    /** Closes the members' tensors. */
    @Override
    public void close() {
        members.forEach(member -> member.reader().tensors().close());
    }
}
