package io.gantry.cri.nri;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.nri.proto.Container;
import io.gantry.cri.nri.proto.PodSandbox;
import io.gantry.cri.nri.proto.SynchronizeRequest;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SynchronizationTests {
    private static List<PodSandbox> pods(int count) {
        return IntStream.range(0, count)
                .mapToObj(i ->
                        PodSandbox.newBuilder().setId("pod-%03d".formatted(i)).build())
                .toList();
    }

    private static List<Container> containers(int count, int size) {
        return IntStream.range(0, count)
                .mapToObj(i -> Container.newBuilder()
                        .setId("c-%03d".formatted(i))
                        .setName("x".repeat(size))
                        .build())
                .toList();
    }

    @Test
    void nothingIsOneMessage() {
        assertThat(Synchronization.chunks(List.of(), List.of(), 100))
                .containsExactly(SynchronizeRequest.getDefaultInstance());
    }

    @Test
    void everythingComesOnceAndInOrderInPiecesThatAreShortEnough() {
        List<SynchronizeRequest> chunks = Synchronization.chunks(pods(20), containers(30, 40), 200);

        assertThat(chunks).hasSizeGreaterThan(5);
        assertThat(chunks.subList(0, chunks.size() - 1)).allMatch(SynchronizeRequest::getMore);
        assertThat(chunks.getLast().getMore()).isFalse();
        assertThat(chunks).allMatch(chunk -> chunk.getSerializedSize() <= 250);
        assertThat(chunks.stream().flatMap(chunk -> chunk.getPodsList().stream()))
                .containsExactlyElementsOf(pods(20));
        assertThat(chunks.stream().flatMap(chunk -> chunk.getContainersList().stream()))
                .containsExactlyElementsOf(containers(30, 40));
    }

    @Test
    void whatIsTooLongByItselfComesAlone() {
        List<SynchronizeRequest> chunks = Synchronization.chunks(pods(1), containers(2, 500), 100);

        assertThat(chunks).hasSize(3);
    }
}
