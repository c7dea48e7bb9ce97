package io.gantry.cri.nri;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.gantry.cri.nri.proto.ConfigureRequest;
import io.gantry.cri.nri.proto.ConfigureResponse;
import io.gantry.cri.nri.proto.Empty;
import io.gantry.cri.nri.proto.Event;
import io.gantry.cri.nri.proto.FailurePolicy;
import io.gantry.cri.nri.proto.LifecycleRequest;
import io.gantry.cri.nri.proto.StateChangeEvent;
import io.gantry.cri.nri.ttrpc.Client;
import io.gantry.cri.nri.ttrpc.Mux;
import io.gantry.cri.nri.ttrpc.StatusException;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A plugin that has registered and was configured. */
final class Plugin {
    private static final Logger log = LoggerFactory.getLogger(Plugin.class);

    private static final String SERVICE = "nri.pkg.api.v1alpha1.Plugin";

    /** One bit for each event. */
    private static final int EVERY_EVENT = (1 << (Event.LAST_VALUE - 1)) - 1;

    /** Events that plugins older than NRI 0.11 receive through StateChange. */
    private static final Set<Event> OLDER_WAY = Set.of(
            Event.RUN_POD_SANDBOX,
            Event.POST_UPDATE_POD_SANDBOX,
            Event.STOP_POD_SANDBOX,
            Event.REMOVE_POD_SANDBOX,
            Event.POST_CREATE_CONTAINER,
            Event.START_CONTAINER,
            Event.POST_START_CONTAINER,
            Event.POST_UPDATE_CONTAINER,
            Event.REMOVE_CONTAINER);

    private final PluginName name;
    private final Mux mux;
    private final Client client;
    private final Duration timeout;
    private final int events;
    private final FailurePolicy policy;
    private final Set<Event> tellByStateChange = ConcurrentHashMap.newKeySet();
    private final Set<Event> unknown = ConcurrentHashMap.newKeySet();

    private Plugin(PluginName name, Mux mux, Client client, Duration timeout, int events, FailurePolicy policy) {
        this.name = name;
        this.mux = mux;
        this.client = client;
        this.timeout = timeout;
        this.events = events;
        this.policy = policy;
    }

    /** Configures a plugin that has registered. @throws GantryException when it fails to join */
    static Plugin configure(PluginName name, Mux mux, Client client, NriOptions options, String config)
            throws InterruptedException {
        String action = "configure NRI plugin " + name;
        ConfigureRequest request = ConfigureRequest.newBuilder()
                .setConfig(config)
                .setRuntimeName(NriOptions.RUNTIME_NAME)
                .setRuntimeVersion(options.runtimeVersion())
                .setRegistrationTimeout(options.registrationTimeout().toMillis())
                .setRequestTimeout(options.requestTimeout().toMillis())
                .setNRIVersion(NriOptions.NRI_VERSION)
                .build();
        try {
            ConfigureResponse response = ConfigureResponse.parseFrom(
                    client.call(SERVICE, "Configure", request.toByteString(), options.requestTimeout()));
            int events = response.getEvents();
            if ((events & ~EVERY_EVENT) != 0) {
                throw GantryException.of(
                        ErrorKind.INVALID_ARGUMENT,
                        action,
                        "it subscribes for events that there are not: 0x" + Integer.toHexString(events & ~EVERY_EVENT));
            }
            return new Plugin(
                    name,
                    mux,
                    client,
                    options.requestTimeout(),
                    events == 0 ? EVERY_EVENT : events,
                    response.getFailurePolicy());
        } catch (StatusException | IOException e) {
            throw GantryException.of(ErrorKind.UNAVAILABLE, action, String.valueOf(e.getMessage()))
                    .causedBy(e);
        } catch (TimeoutException e) {
            throw GantryException.of(ErrorKind.DEADLINE_EXCEEDED, action, "it does not answer");
        }
    }

    PluginName name() {
        return name;
    }

    boolean wants(Event event) {
        return (events & (1 << (event.getNumber() - 1))) != 0 && !unknown.contains(event);
    }

    /**
     * Asks the plugin, if it wants to be asked.
     *
     * @param request a pod and a container, for events that older plugins receive through StateChange
     * @return its answer; empty when it did not want to be asked, or failed in a way that is no reason to fail
     * @throws GantryException when it answered with an error, or failed and wants the request to fail then
     */
    <T extends MessageLite> Optional<T> ask(Event event, MessageLite request, Parser<T> answers)
            throws InterruptedException {
        if (!wants(event)) {
            return Optional.empty();
        }
        String method = method(event);
        try {
            return Optional.of(answers.parseFrom(send(event, method, request)));
        } catch (StatusException e) {
            if (e.code() == StatusException.UNIMPLEMENTED) {
                unknown.add(event);
                log.info("NRI plugin does not know an event: plugin={} event={}", name, method);
                return Optional.empty();
            }
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action(method), String.valueOf(e.getMessage()))
                    .causedBy(e);
        } catch (TimeoutException e) {
            return failed(
                    method,
                    ErrorKind.DEADLINE_EXCEEDED,
                    "it did not answer within " + timeout.toMillis() + " ms",
                    !policy.getKeepConnected());
        } catch (InvalidProtocolBufferException e) {
            return failed(method, ErrorKind.UNAVAILABLE, "its answer cannot be read: " + e.getMessage(), true);
        } catch (IOException e) {
            return failed(method, ErrorKind.UNAVAILABLE, String.valueOf(e.getMessage()), true);
        }
    }

    private ByteString send(Event event, String method, MessageLite request)
            throws StatusException, TimeoutException, IOException, InterruptedException {
        if (!tellByStateChange.contains(event)) {
            try {
                return client.call(SERVICE, method, request.toByteString(), timeout);
            } catch (StatusException e) {
                if (e.code() != StatusException.UNIMPLEMENTED || !OLDER_WAY.contains(event)) {
                    throw e;
                }
                tellByStateChange.add(event);
            }
        }
        StateChangeEvent.Builder change = StateChangeEvent.newBuilder().setEvent(event);
        if (request instanceof LifecycleRequest lifecycle) {
            change.setPod(lifecycle.getPod());
            if (lifecycle.hasContainer()) {
                change.setContainer(lifecycle.getContainer());
            }
        }
        return client.call(SERVICE, "StateChange", change.build().toByteString(), timeout);
    }

    /** @param kind of the error where the plugin wants the request to fail; a plugin that is gone is not asked next time */
    private <T> Optional<T> failed(String method, ErrorKind kind, String problem, boolean disconnect) {
        log.warn(
                "NRI plugin failed: plugin={} request={} error=\"{}\" disconnected={}",
                name,
                method,
                problem,
                disconnect);
        if (disconnect) {
            mux.close(problem);
        }
        if (policy.getFailRequest()) {
            throw GantryException.of(kind, action(method), problem);
        }
        return Optional.empty();
    }

    private String action(String method) {
        return "ask NRI plugin " + name + " about " + method;
    }

    /** A call that is no event. */
    ByteString call(String method, MessageLite request, Duration limit)
            throws StatusException, TimeoutException, IOException, InterruptedException {
        return client.call(SERVICE, method, request.toByteString(), limit);
    }

    /** Tells it that the runtime goes down, and closes the connection. Never fails. */
    void shutDown(Duration limit) {
        try {
            var unused = call("Shutdown", Empty.getDefaultInstance(), limit);
        } catch (StatusException | TimeoutException | IOException e) {
            log.debug("NRI plugin does not answer Shutdown: plugin={} error=\"{}\"", name, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close("the runtime goes down");
    }

    void close(String reason) {
        mux.close(reason);
    }

    boolean isClosed() {
        return mux.isClosed();
    }

    /** RUN_POD_SANDBOX is RunPodSandbox. */
    static String method(Event event) {
        StringBuilder method = new StringBuilder();
        for (String word : event.name().split("_", -1)) {
            method.append(word.charAt(0)).append(word.substring(1).toLowerCase(java.util.Locale.ROOT));
        }
        return method.toString();
    }
}
