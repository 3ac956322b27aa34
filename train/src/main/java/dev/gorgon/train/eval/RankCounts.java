package dev.gorgon.train.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * How often the token of rank r of a head was the right one. Only positions that have a label at the head's distance count, so the
 * denominators of later heads are smaller (spec medusa.md §4).
 */
final class RankCounts {

    /** Ranks that are told apart. */
    static final int RANKS = 10;

    private final long[] labels;
    private final long[][] hits;

    RankCounts(int heads) {
        labels = new long[heads];
        hits = new long[heads][RANKS];
    }

    void add(AnswerRanks answer) {
        for (int head = 0; head < labels.length; head++) {
            labels[head] += answer.labels(head);
            for (int t = 0; t < answer.labels(head); t++) {
                int rank = answer.rank(head, t);
                if (rank < RANKS) {
                    hits[head][rank]++;
                }
            }
        }
    }

    /** By head and rank: the share of labels that had exactly this rank. */
    double[][] marginal() {
        double[][] shares = new double[labels.length][RANKS];
        for (int head = 0; head < labels.length; head++) {
            for (int rank = 0; rank < RANKS; rank++) {
                shares[head][rank] = labels[head] == 0 ? 0 : (double) hits[head][rank] / labels[head];
            }
        }
        return shares;
    }

    /** For reports. */
    List<EvaluationReport.Head> heads() {
        double[][] marginal = marginal();
        List<EvaluationReport.Head> heads = new ArrayList<>();
        for (int head = 0; head < labels.length; head++) {
            List<Long> counts = new ArrayList<>();
            List<Double> exactly = new ArrayList<>();
            List<Double> within = new ArrayList<>();
            long sum = 0;
            for (int rank = 0; rank < RANKS; rank++) {
                sum += hits[head][rank];
                counts.add(hits[head][rank]);
                exactly.add(marginal[head][rank]);
                within.add(labels[head] == 0 ? 0 : (double) sum / labels[head]);
            }
            heads.add(new EvaluationReport.Head(labels[head], counts, exactly, within));
        }
        return heads;
    }
}
