package dev.gorgon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.client.error.ConnectionException;
import dev.gorgon.client.error.Failures;
import dev.gorgon.client.error.GorgonException;
import dev.gorgon.client.error.RequestTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final RetryPolicy TEN =
            RetryPolicy.standard().withMaxRetries(100).withDelays(Duration.ofMillis(100), Duration.ofSeconds(1));

    private static GorgonException status(int status, Duration retryAfter) {
        return Failures.answer(status, Optional.of(retryAfter), "");
    }

    private static long millis(RetryPolicy policy, int retries, double chance) {
        return policy.pause(new ConnectionException("gone"), retries, chance)
                .orElseThrow()
                .toMillis();
    }

    @Test
    void pausesGrowUpToALimit() {
        RetryPolicy exact = TEN.withJitter(0);
        assertThat(List.of(0, 1, 2, 3, 4, 99))
                .map(retries -> millis(exact, retries, 0.9))
                .containsExactly(100L, 200L, 400L, 800L, 1000L, 1000L);
    }

    @Test
    void chanceShortensThem() {
        assertThat(millis(TEN, 1, 0)).isEqualTo(200);
        assertThat(millis(TEN, 1, 0.5)).isEqualTo(150);
        assertThat(millis(TEN.withJitter(1), 1, 0.75)).isEqualTo(50);
    }

    @Test
    void theServersWishIsALowerBound() {
        assertThat(TEN.withJitter(0).pause(status(429, Duration.ofMillis(10)), 2, 0))
                .hasValue(Duration.ofMillis(400));
        assertThat(TEN.pause(status(429, Duration.ofMillis(900)), 2, 1)).hasValue(Duration.ofMillis(900));
        assertThat(TEN.pause(status(429, Duration.ofMillis(1001)), 0, 0)).isEmpty();
    }

    @Test
    void onlyWhatPassesIsTriedAgain() {
        for (int status : new int[] {429, 502, 503, 504}) {
            assertThat(TEN.pause(status(status, Duration.ZERO), 0, 0))
                    .as("%d", status)
                    .isPresent();
        }
        for (int status : new int[] {400, 401, 404, 422, 424, 500}) {
            assertThat(TEN.pause(status(status, Duration.ZERO), 0, 0))
                    .as("%d", status)
                    .isEmpty();
        }
        assertThat(TEN.pause(new RequestTimeoutException("late"), 0, 0)).isEmpty();
        assertThat(TEN.withStatuses(Set.of(500)).pause(status(500, Duration.ZERO), 0, 0))
                .isPresent();
        assertThat(TEN.withStatuses(Set.of(500)).pause(status(503, Duration.ZERO), 0, 0))
                .isEmpty();
        assertThat(RetryPolicy.none().pause(new ConnectionException("gone"), 0, 0))
                .isEmpty();
    }

    @Test
    void senselessPoliciesAreRefused() {
        assertThatThrownBy(() -> TEN.withMaxRetries(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TEN.withJitter(1.5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TEN.withDelays(Duration.ofMillis(-1), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
