package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.LowRankMatrix;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.kernels.LowRank;
import dev.gorgon.kernels.LowRankRows;
import java.util.ArrayList;
import java.util.List;

/** A packed low-rank change in main memory. */
record CpuLowRank(LowRank packed) implements LowRankMatrix {

    static LowRank of(LowRankMatrix matrix) {
        return ((CpuLowRank) matrix).packed;
    }

    static List<LowRankRows> of(List<LowRankTerm> terms) {
        if (terms.isEmpty()) {
            return List.of();
        }
        List<LowRankRows> rows = new ArrayList<>(terms.size());
        for (LowRankTerm term : terms) {
            rows.add(new LowRankRows(of(term.change()), term.firstRow(), term.endRow()));
        }
        return rows;
    }

    @Override
    public int inFeatures() {
        return packed.inFeatures();
    }

    @Override
    public int ranks() {
        return packed.ranks();
    }

    @Override
    public long bytes() {
        return packed.bytes();
    }
}
