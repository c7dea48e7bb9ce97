package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CreationsTests {
    private final Creations creations = new Creations();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final AtomicReference<String> end = new AtomicReference<>("");

    @Test
    void aCreationIsCutShortAndWaitedFor() throws Exception {
        Thread thread = Thread.ofVirtual().start(() -> {
            try (Creations.Creation creation = creations.begin("c")) {
                begun.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    end.set(creation.settle() ? "cut short" : "interrupted by somebody else");
                }
            }
        });
        begun.await();

        creations.cancel("c");

        assertThat(end.get()).isEqualTo("cut short");
        thread.join();
        creations.cancel("c");
    }

    @Test
    void oneThatIsSettledIsOnlyWaitedFor() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        Thread thread = Thread.ofVirtual().start(() -> {
            try (Creations.Creation creation = creations.begin("c")) {
                boolean cancelled = creation.settle();
                begun.countDown();
                goOn.await();
                end.set(cancelled ? "cut short" : "done");
            } catch (InterruptedException e) {
                end.set("interrupted");
            }
        });
        begun.await();
        Thread canceller = Thread.ofVirtual().start(() -> {
            try {
                creations.cancel("c");
                end.updateAndGet(text -> text + ", then seen");
            } catch (InterruptedException e) {
                end.set("interrupted");
            }
        });
        goOn.countDown();
        canceller.join();
        thread.join();

        assertThat(end.get()).isEqualTo("done, then seen");
    }

    @Test
    void whatIsNotThereIsNotWaitedFor() throws Exception {
        creations.begin("c").close();
        creations.cancel("c");
        creations.cancel("unknown");
        assertThat(end.get()).isEmpty();
    }
}
