package io.gantry.cri.nri;

import com.google.protobuf.ByteString;
import io.gantry.cri.nri.proto.Empty;
import io.gantry.cri.nri.proto.RegisterPluginRequest;
import io.gantry.cri.nri.proto.UpdateContainersRequest;
import io.gantry.cri.nri.proto.UpdateContainersResponse;
import io.gantry.cri.nri.ttrpc.Client;
import io.gantry.cri.nri.ttrpc.Mux;
import io.gantry.cri.nri.ttrpc.Server;
import io.gantry.cri.nri.ttrpc.StatusException;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.channels.ByteChannel;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connection of one plugin, from the moment it is there: both sides call on it. */
final class PluginConnection {
    private static final Logger log = LoggerFactory.getLogger(PluginConnection.class);

    /** Who serves on which connection of the multiplexer. */
    private static final int PLUGIN_SERVICE = 1;

    private static final int RUNTIME_SERVICE = 2;
    private static final String SERVICE = "nri.pkg.api.v1alpha1.Runtime";

    /** What a plugin may ask for on its own. */
    interface Updates {
        UpdateContainersResponse update(PluginName plugin, UpdateContainersRequest request) throws InterruptedException;
    }

    private final Mux mux;
    private final Client client;
    private final Updates updates;
    private final @Nullable PluginName known;
    private final AtomicReference<@Nullable PluginName> claimed = new AtomicReference<>();
    private final CompletableFuture<PluginName> registered = new CompletableFuture<>();

    /**
     * @param channel this object's from now on
     * @param known what a plugin is called that was started from here; null for one that says so itself
     */
    PluginConnection(ByteChannel channel, @Nullable PluginName known, Updates updates) {
        this.mux = new Mux(channel);
        this.client = new Client(mux, PLUGIN_SERVICE);
        this.known = known;
        this.updates = updates;
        var unused = new Server(
                mux,
                RUNTIME_SERVICE,
                SERVICE,
                Map.of("RegisterPlugin", new Registration(), "UpdateContainers", this::updateContainers));
    }

    Mux mux() {
        return mux;
    }

    Client client() {
        return client;
    }

    /**
     * Begins to talk and waits until the plugin has registered.
     *
     * @param whenClosed called once with the reason
     * @throws GantryException when it does not in time, or is called something that it cannot be
     */
    PluginName awaitRegistration(NriOptions options, java.util.function.Consumer<String> whenClosed)
            throws InterruptedException {
        String action = "register NRI plugin" + (known == null ? "" : " " + known);
        mux.start("nri-plugin", reason -> {
            client.lost(reason);
            registered.completeExceptionally(GantryException.of(ErrorKind.UNAVAILABLE, action, reason));
            whenClosed.accept(reason);
        });
        try {
            return registered.get(options.registrationTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw GantryException.of(
                    ErrorKind.DEADLINE_EXCEEDED,
                    action,
                    "it did not register within "
                            + options.registrationTimeout().toMillis() + " ms");
        } catch (ExecutionException e) {
            throw GantryException.of(
                            ErrorKind.UNAVAILABLE,
                            action,
                            e.getCause() instanceof GantryException known
                                    ? known.problem()
                                    : String.valueOf(e.getCause()))
                    .causedBy(e);
        }
    }

    /** The runtime goes on only after the answer: a plugin that is then refused has read that it was registered. */
    private final class Registration implements Server.Method {
        @Override
        public ByteString call(ByteString bytes)
                throws StatusException, com.google.protobuf.InvalidProtocolBufferException {
            RegisterPluginRequest request = RegisterPluginRequest.parseFrom(bytes);
            PluginName name = known == null ? new PluginName(request.getPluginIdx(), request.getPluginName()) : known;
            String problem = PluginName.problem(name.index(), name.base()).orElse("");
            if (problem.isEmpty() && !claimed.compareAndSet(null, name)) {
                problem = "it has registered already";
            }
            if (!problem.isEmpty()) {
                // The connection stays for now: else it might be gone before the answer.
                log.warn("NRI plugin cannot register: error=\"{}\"", problem);
                throw new StatusException(StatusException.INVALID_ARGUMENT, "register plugin: " + problem);
            }
            return Empty.getDefaultInstance().toByteString();
        }

        @Override
        public void answered() {
            var unused = registered.complete(claimed.get());
        }
    }

    private ByteString updateContainers(ByteString bytes)
            throws StatusException, InterruptedException, com.google.protobuf.InvalidProtocolBufferException {
        PluginName name = claimed.get();
        if (name == null) {
            throw new StatusException(
                    StatusException.INVALID_ARGUMENT, "update containers: the plugin has not registered");
        }
        return updates.update(name, UpdateContainersRequest.parseFrom(bytes)).toByteString();
    }
}
