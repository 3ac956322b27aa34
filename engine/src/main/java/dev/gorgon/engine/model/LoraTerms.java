package dev.gorgon.engine.model;

import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.engine.backend.LowRankTerm;
import java.util.List;

/** The LoRA contributions of a batch: for one linear map, the terms of all rows that have one. */
public interface LoraTerms {

    /** No row has a LoRA. */
    LoraTerms NONE = (layer, targets) -> List.of();

    /** Terms for the given targets, which are computed together; terms of the same rows stand next to each other. */
    List<LowRankTerm> terms(int layer, LinearTarget... targets);

    /** Changes to the embeddings of rows. */
    default List<EmbeddingTerm> embeddings() {
        return List.of();
    }
}
