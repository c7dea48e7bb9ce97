package io.gantry.cni.network;

import io.gantry.cni.conflist.CniConflist;
import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.conflist.ConflistSnapshot;
import io.gantry.cni.conflist.PluginConfig;
import io.gantry.cni.conflist.Poller;
import io.gantry.cni.plugin.CniInvocation;
import io.gantry.cni.plugin.CniPluginRunner;
import io.gantry.cni.plugin.CniVerb;
import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the pod network can take pods. Looks, in the background, whether the plugins' programs are there and, for a
 * configuration of specification 1.1, what they answer to STATUS; readers get the last finding without waiting.
 */
final class NetworkHealth implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NetworkHealth.class);
    private static final Duration NOT_READY_INTERVAL = Duration.ofSeconds(1);

    /** What was found for one network; {@code problem} is null when pods can be attached. */
    private record Finding(CniConflist network, @Nullable String problem) {}

    private final Supplier<ConflistSnapshot> snapshots;
    private final VersionChoice versions;
    private final CniPluginRunner runner;
    private final CniConfig config;
    private final Poller poller = new Poller("cni-status", this::round);
    private volatile @Nullable Finding finding;

    NetworkHealth(
            Supplier<ConflistSnapshot> snapshots, VersionChoice versions, CniPluginRunner runner, CniConfig config) {
        this.snapshots = snapshots;
        this.versions = versions;
        this.runner = runner;
        this.config = config;
        lookAtPrograms(snapshots.get());
    }

    /** Starts looking in the background. */
    void start() {
        poller.start();
    }

    /** The present state; never waits. */
    NetworkStatus status() {
        ConflistSnapshot snapshot = snapshots.get();
        CniConflist network = snapshot.active();
        if (network == null) {
            return NetworkStatus.notReady(snapshot.problem());
        }
        String subject = "network " + network.name() + " of " + network.file();
        Finding found = finding;
        if (found == null || !found.network().equals(network)) {
            return NetworkStatus.notReady(subject + " has just been read and is being checked");
        }
        if (found.problem() != null) {
            return NetworkStatus.notReady(subject + " is not ready: " + found.problem());
        }
        String passedOver = snapshot.problem();
        return NetworkStatus.ready(subject + (passedOver.isEmpty() ? "" : "; passed over: " + passedOver));
    }

    /** Takes notice of another configuration at once, as far as no plugin need be asked. */
    void configurationChanged(ConflistSnapshot snapshot) {
        lookAtPrograms(snapshot);
        poller.wake();
    }

    private void lookAtPrograms(ConflistSnapshot snapshot) {
        CniConflist network = snapshot.active();
        if (network == null) {
            finding = null;
            return;
        }
        String missing = missingPrograms(network);
        if (missing != null || !network.version().isAtLeast(CniVersion.V1_1_0)) {
            record(new Finding(network, missing));
        }
    }

    private Duration round() throws InterruptedException {
        CniConflist network = snapshots.get().active();
        if (network == null) {
            return config.statusInterval();
        }
        String problem = missingPrograms(network);
        if (problem == null) {
            problem = askPlugins(network);
        }
        record(new Finding(network, problem));
        return problem == null || config.statusInterval().compareTo(NOT_READY_INTERVAL) < 0
                ? config.statusInterval()
                : NOT_READY_INTERVAL;
    }

    private @Nullable String missingPrograms(CniConflist network) {
        List<String> programs = network.plugins().stream()
                .flatMap(plugin -> Stream.concat(Stream.of(plugin.type()), plugin.ipamType().stream()))
                .toList();
        List<String> missing = runner.missing(programs);
        return missing.isEmpty()
                ? null
                : missing.stream().map(runner.path()::missing).collect(Collectors.joining("; "));
    }

    private @Nullable String askPlugins(CniConflist network) throws InterruptedException {
        if (!network.version().isAtLeast(CniVersion.V1_1_0)) {
            return null;
        }
        String action = "ask for the status of network " + network.name();
        try {
            CniVersion version = versions.choose(network, action);
            if (!version.isAtLeast(CniVersion.V1_1_0)) {
                return null;
            }
            for (PluginConfig plugin : network.plugins()) {
                runner.run(new CniInvocation(
                        CniVerb.STATUS,
                        plugin.type(),
                        PluginInput.forNetwork(network.name(), version, plugin),
                        null,
                        config.statusTimeout(),
                        action));
            }
            return null;
        } catch (GantryException e) {
            String remedy = e.remedy();
            return e.problem() + (remedy == null ? "" : "; " + remedy);
        }
    }

    private void record(Finding found) {
        Finding before = finding;
        // A finding about a configuration that has been replaced meanwhile must not hide the one about its successor.
        if (!found.network().equals(snapshots.get().active())) {
            return;
        }
        finding = found;
        if (before != null
                && before.network().equals(found.network())
                && Objects.equals(before.problem(), found.problem())) {
            return;
        }
        if (found.problem() == null) {
            log.info("pod network ready: name={}", found.network().name());
        } else {
            log.warn(
                    "pod network not ready: name={} problem=\"{}\"",
                    found.network().name(),
                    found.problem());
        }
    }

    @Override
    public void close() {
        poller.close();
    }
}
