package dev.gorgon.train.heads;

import java.util.ArrayList;
import java.util.List;

/**
 * What one optimizer step showed, or several of them on average.
 *
 * @param step optimizer steps done
 * @param epoch passes over the data done
 * @param learningRate of the last step
 * @param gradientNorm global norm of the last step's gradient, before clipping
 * @param loss the weighted sum that is minimized
 * @param heads by head
 */
public record StepMetrics(
        long step, double epoch, double learningRate, double gradientNorm, double loss, List<Head> heads) {

    /**
     * One head.
     *
     * @param loss mean cross entropy
     * @param top1 share of labels that were the likeliest token
     * @param labels that were counted
     */
    public record Head(double loss, double top1, long labels) {}

    static List<Head> heads(HeadScores scores) {
        List<Head> heads = new ArrayList<>();
        for (int i = 0; i < scores.heads(); i++) {
            heads.add(new Head(scores.loss(i), scores.accuracy(i, 1), scores.count(i)));
        }
        return heads;
    }
}
