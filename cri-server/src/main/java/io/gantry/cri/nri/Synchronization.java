package io.gantry.cri.nri;

import com.google.protobuf.InvalidProtocolBufferException;
import io.gantry.cri.nri.proto.Container;
import io.gantry.cri.nri.proto.ContainerUpdate;
import io.gantry.cri.nri.proto.PodSandbox;
import io.gantry.cri.nri.proto.SynchronizeRequest;
import io.gantry.cri.nri.proto.SynchronizeResponse;
import io.gantry.cri.nri.ttrpc.StatusException;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Tells a new plugin what exists, in as many messages as it takes. */
final class Synchronization {
    /** Leaves room for what frames and messages add to it. */
    static final int CHUNK = 3 << 20;

    private Synchronization() {}

    /**
     * @return the updates that the plugin wants
     * @throws GantryException when it does not take in what exists
     */
    static List<ContainerUpdate> run(Plugin plugin, List<PodSandbox> pods, List<Container> containers, Duration limit)
            throws InterruptedException {
        SynchronizeResponse last = SynchronizeResponse.getDefaultInstance();
        Deadline deadline = Deadline.after(limit);
        for (SynchronizeRequest chunk : chunks(pods, containers, CHUNK)) {
            try {
                last = SynchronizeResponse.parseFrom(plugin.call("Synchronize", chunk, deadline.remaining()));
            } catch (StatusException | InvalidProtocolBufferException e) {
                throw failed(plugin, String.valueOf(e.getMessage()), e);
            } catch (IOException e) {
                throw failed(plugin, String.valueOf(e.getMessage()), e);
            } catch (TimeoutException e) {
                throw failed(plugin, "it did not answer within " + limit.toMillis() + " ms", e);
            }
            if (chunk.getMore() && (!last.getMore() || last.getUpdateCount() > 0)) {
                throw failed(plugin, "it does not know about several messages", null);
            }
        }
        return last.getUpdateList();
    }

    /** Each no longer than {@code size}, unless one object alone is; all but the last say that there is more. */
    static List<SynchronizeRequest> chunks(List<PodSandbox> pods, List<Container> containers, int size) {
        List<SynchronizeRequest> chunks = new ArrayList<>();
        SynchronizeRequest.Builder chunk = SynchronizeRequest.newBuilder();
        int length = 0;
        for (PodSandbox pod : pods) {
            if (length > 0 && length + pod.getSerializedSize() > size) {
                chunks.add(chunk.setMore(true).build());
                chunk = SynchronizeRequest.newBuilder();
                length = 0;
            }
            chunk.addPods(pod);
            length += pod.getSerializedSize();
        }
        for (Container container : containers) {
            if (length > 0 && length + container.getSerializedSize() > size) {
                chunks.add(chunk.setMore(true).build());
                chunk = SynchronizeRequest.newBuilder();
                length = 0;
            }
            chunk.addContainers(container);
            length += container.getSerializedSize();
        }
        chunks.add(chunk.build());
        return chunks;
    }

    private static GantryException failed(
            Plugin plugin, String problem, @org.jspecify.annotations.Nullable Exception cause) {
        GantryException failure =
                GantryException.of(ErrorKind.UNAVAILABLE, "synchronize NRI plugin " + plugin.name(), problem);
        return cause == null ? failure : failure.causedBy(cause);
    }
}
