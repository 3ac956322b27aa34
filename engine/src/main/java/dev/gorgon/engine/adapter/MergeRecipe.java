package dev.gorgon.engine.adapter;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Merges adapters while loading them, if their folders still hold what was hashed.
 *
 * @param restricted whether only some askers may have one of them
 */
record MergeRecipe(
        AdapterLoader loader,
        String name,
        List<FolderRecipe> parts,
        List<String> identities,
        MergeSpec spec,
        boolean restricted)
        implements AdapterRecipe {

    /** What a merge is: which contents, in which order, merged how. */
    static String identity(List<String> identities, MergeSpec spec) {
        MessageDigest digest = FileHashes.sha256();
        digest.update(("gorgon merge 1\n" + spec.canonical()).getBytes(StandardCharsets.UTF_8));
        for (String identity : identities) {
            digest.update(("\n" + identity).getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public Adapter load() {
        parts.forEach(part -> {
            part.policy().requireLoras();
            part.requireUnchanged();
        });
        List<MergePart> members = IntStream.range(0, parts.size())
                .mapToObj(i -> new MergePart(
                        parts.get(i).name(), identities.get(i), parts.get(i).folder()))
                .toList();
        Adapter adapter = loader.loadMerged(name, members, spec);
        try {
            parts.forEach(FolderRecipe::requireUnchanged);
            return adapter;
        } catch (AdapterException e) {
            adapter.close();
            throw e;
        }
    }
}
