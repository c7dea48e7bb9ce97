package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StreamTokensTests {
    private static final StreamRequest REQUEST = new StreamRequest.PortForward("s1", List.of());

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final StreamTokens tokens = new StreamTokens(Duration.ofMinutes(1), now::get);

    @Test
    void aTokenIsGoodOnce() {
        String token = tokens.put(REQUEST);

        assertThat(token).matches("[A-Za-z0-9_-]{22}");
        assertThat(tokens.take("portforward", token)).contains(REQUEST);
        assertThat(tokens.take("portforward", token)).isEmpty();
        assertThat(tokens.take("portforward", "unknown")).isEmpty();
    }

    @Test
    void aTokenIsGoodForItsOwnKindOnly() {
        String token = tokens.put(REQUEST);

        assertThat(tokens.take("exec", token)).isEmpty();
        assertThat(tokens.take("portforward", token)).contains(REQUEST);
    }

    @Test
    void aTokenIsGoodForAMinute() {
        String inTime = tokens.put(REQUEST);
        String late = tokens.put(REQUEST);
        now.addAndGet(Duration.ofSeconds(59).toNanos());
        assertThat(tokens.take("portforward", inTime)).isPresent();
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(tokens.take("portforward", late)).isEmpty();
    }

    @Test
    void noMoreThanAThousandAreOutstanding() {
        Set<String> all = new HashSet<>();
        for (int i = 0; i < StreamTokens.MAX_OUTSTANDING; i++) {
            all.add(tokens.put(REQUEST));
        }
        assertThat(all).hasSize(StreamTokens.MAX_OUTSTANDING);

        assertThatThrownBy(() -> tokens.put(REQUEST))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
                .hasMessageContaining("forward ports of pod sandbox s1")
                .hasMessageContaining("1000 streaming URLs");

        assertThat(tokens.take("portforward", all.iterator().next())).isPresent();
        assertThat(tokens.put(REQUEST)).isNotEmpty();
        now.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(tokens.put(REQUEST)).isNotEmpty();
    }
}
