package dev.gorgon.engine.model;

import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.engine.backend.LowRankTerm;
import java.util.List;

/** The LoRA contributions of a batch: for one linear map, the terms of all rows that have one. */
public interface LoraTerms {

    /** No row has a LoRA. */
    LoraTerms NONE = (layer, targets) -> List.of();

    /** Terms for the given targets, which are all that are computed together; one per run of rows with the same LoRA. */
    List<LowRankTerm> terms(int layer, LinearTarget... targets);

    /** Changes to the embeddings of rows. */
    default List<EmbeddingTerm> embeddings() {
        return List.of();
    }
}
