package io.gantry.cri.nri;

import com.google.protobuf.ByteString;
import io.gantry.cri.nri.proto.ConfigureRequest;
import io.gantry.cri.nri.proto.ConfigureResponse;
import io.gantry.cri.nri.proto.RegisterPluginRequest;
import io.gantry.cri.nri.proto.SynchronizeRequest;
import io.gantry.cri.nri.proto.SynchronizeResponse;
import io.gantry.cri.nri.proto.UpdateContainersRequest;
import io.gantry.cri.nri.proto.UpdateContainersResponse;
import io.gantry.cri.nri.ttrpc.Client;
import io.gantry.cri.nri.ttrpc.Mux;
import io.gantry.cri.nri.ttrpc.Server;
import io.gantry.cri.nri.ttrpc.StatusException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** The other side of NRI: a plugin in this process that notes what it is asked and answers what a test says. */
final class FakePlugin implements AutoCloseable {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String PLUGIN = "nri.pkg.api.v1alpha1.Plugin";
    private static final String RUNTIME = "nri.pkg.api.v1alpha1.Runtime";

    final List<String> asked = new CopyOnWriteArrayList<>();
    final List<SynchronizeRequest> synced = new CopyOnWriteArrayList<>();
    final CompletableFuture<ConfigureRequest> configured = new CompletableFuture<>();
    final CompletableFuture<String> closed = new CompletableFuture<>();
    final Map<String, Server.Method> methods = new HashMap<>();
    ConfigureResponse configuration = ConfigureResponse.getDefaultInstance();
    boolean knowsSeveralMessages = true;

    private final Mux mux;
    private final Client client;

    private FakePlugin(SocketChannel channel) {
        this.mux = new Mux(channel);
        this.client = new Client(mux, 2);
        for (String event : List.of(
                "RunPodSandbox",
                "StopPodSandbox",
                "RemovePodSandbox",
                "UpdatePodSandbox",
                "PostUpdatePodSandbox",
                "CreateContainer",
                "PostCreateContainer",
                "StartContainer",
                "PostStartContainer",
                "UpdateContainer",
                "PostUpdateContainer",
                "StopContainer",
                "RemoveContainer",
                "ValidateContainerAdjustment",
                "StateChange",
                "Shutdown")) {
            methods.put(event, request -> ByteString.EMPTY);
        }
        methods.put("Configure", request -> {
            configured.complete(ConfigureRequest.parseFrom(request));
            return configuration.toByteString();
        });
        methods.put("Synchronize", request -> {
            SynchronizeRequest part = SynchronizeRequest.parseFrom(request);
            synced.add(part);
            return SynchronizeResponse.newBuilder()
                    .setMore(part.getMore() && knowsSeveralMessages)
                    .build()
                    .toByteString();
        });
    }

    /** Connected, and silent. */
    static FakePlugin connect(Path socket) throws java.io.IOException {
        return new FakePlugin(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    }

    /** Begins to talk: what the methods are to be is set by then. */
    FakePlugin talk() {
        Map<String, Server.Method> noting = new HashMap<>();
        methods.forEach((name, method) -> noting.put(name, request -> {
            asked.add(name);
            return method.call(request);
        }));
        var unused = new Server(mux, 1, PLUGIN, noting);
        mux.start("fake", reason -> {
            client.lost(reason);
            closed.complete(reason);
        });
        return this;
    }

    void register(String index, String name) throws Exception {
        var unused = client.call(
                RUNTIME,
                "RegisterPlugin",
                RegisterPluginRequest.newBuilder()
                        .setPluginIdx(index)
                        .setPluginName(name)
                        .build()
                        .toByteString(),
                LONG);
    }

    UpdateContainersResponse update(UpdateContainersRequest request) throws Exception {
        return UpdateContainersResponse.parseFrom(
                client.call(RUNTIME, "UpdateContainers", request.toByteString(), LONG));
    }

    /** What the method of an event that nobody has heard of answers. */
    static Server.Method unimplemented() {
        return request -> {
            throw new StatusException(StatusException.UNIMPLEMENTED, "no such method");
        };
    }

    static Server.Method failing(String message) {
        return request -> {
            throw new StatusException(StatusException.UNKNOWN, message);
        };
    }

    String reason() throws Exception {
        return closed.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        mux.close();
    }
}
