package dev.gorgon.train.heads;

import java.util.ArrayList;
import java.util.List;

/**
 * What an evaluation on held-out conversations showed.
 *
 * @param step optimizer steps done
 * @param epoch passes over the data done
 * @param loss the weighted sum that is minimized
 * @param heads by head
 */
public record EvaluationMetrics(long step, double epoch, double loss, List<Head> heads) {

    /**
     * One head.
     *
     * @param loss mean cross entropy
     * @param topK share of labels among the k likeliest tokens, for k from 1 on
     * @param labels that were counted
     */
    public record Head(double loss, List<Double> topK, long labels) {}

    static EvaluationMetrics of(HeadScores scores, long step, double epoch, double[] weights) {
        List<Head> heads = new ArrayList<>();
        for (int i = 0; i < scores.heads(); i++) {
            List<Double> topK = new ArrayList<>();
            for (int k = 1; k <= scores.ranks(); k++) {
                topK.add(scores.accuracy(i, k));
            }
            heads.add(new Head(scores.loss(i), topK, scores.count(i)));
        }
        return new EvaluationMetrics(step, epoch, scores.total(weights), heads);
    }
}
