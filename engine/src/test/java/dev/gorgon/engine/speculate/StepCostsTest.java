package dev.gorgon.engine.speculate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StepCostsTest {

    private static StepCosts after(double constant, double perRow, int steps) {
        StepCosts costs = new StepCosts();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < steps; i++) {
            int rows = 1 + random.nextInt(4);
            double noise = i % 97 == 5 ? 30 : 1 + 0.1 * random.nextDouble();
            costs.observeStep(rows, (long) (noise * (constant + perRow * rows)));
            costs.observeDraft(3, (long) (3 * 0.05 * constant));
        }
        return costs;
    }

    @Test
    void findsWhatARowCostsDespiteInterruptions() {
        assertThat(after(100_000, 5_000, 1000).row(1)).isCloseTo(0.048, within(0.02));
        assertThat(after(50_000, 12_000, 1000).row(1)).isCloseTo(0.19, within(0.05));
        assertThat(after(100_000, 5_000, 1000).head(1)).isCloseTo(0.048, within(0.02));
    }

    @Test
    void rowsCostMoreWhenManySequencesShareTheStep() {
        StepCosts costs = after(100_000, 5_000, 1000);
        assertThat(costs.row(32)).isGreaterThan(0.4);
        assertThat(costs.row(1)).isLessThan(costs.row(8));
    }

    @Test
    void assumesSomethingBeforeAnythingWasMeasured() {
        assertThat(new StepCosts().row(1)).isBetween(0.02, 0.5);
        assertThat(new StepCosts().head(1)).isBetween(0.01, 0.5);
        StepCosts same = new StepCosts();
        for (int i = 0; i < 100; i++) {
            same.observeStep(1, 100_000);
        }
        assertThat(same.row(1)).isEqualTo(new StepCosts().row(1));
    }

    @Test
    void freeRowsAreAlwaysWorthALittle() {
        assertThat(after(100_000, 0, 1000).row(1)).isLessThan(0.05);
    }
}
