package io.gantry.pod.sandbox;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.TaskScope;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.lifecycle.Rollback;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.storage.FileErrors;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.activity.Subject;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.pause.PauseSpec;
import io.gantry.pod.plugin.Admission;
import io.gantry.pod.state.Ids;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one pod sandbox to READY, or leaves nothing behind. The order of the steps is that of {@link #execute}; those that
 * do not depend on each other run at the same time.
 */
final class RunPodSandbox {
    private static final Logger log = LoggerFactory.getLogger(RunPodSandbox.class);

    private final SandboxParts parts;
    private final StopPodSandbox stop;
    private final PauseWatch pauses;

    RunPodSandbox(SandboxParts parts, StopPodSandbox stop, PauseWatch pauses) {
        this.parts = parts;
        this.stop = stop;
        this.pauses = pauses;
    }

    /** @return the id of the sandbox, which is READY; its record is safe as ADR 1 says */
    String execute(PodSandboxConfig config, String runtimeHandler, Activity activity) throws InterruptedException {
        String id = parts.ids().get();
        activity.about(Subject.pod(config.metadata()).withSandboxId(id));
        activity.step("record");
        String handler = parts.handlers().require(runtimeHandler).name();
        Rollback undo = new Rollback("run pod sandbox " + config.metadata().display(), activity::undo);
        boolean done = false;
        try (undo;
                TaskScope scope = new TaskScope("run-pod-sandbox-" + Ids.brief(id))) {
            PodSandbox sandbox = record(id, config, runtimeHandler, handler);
            var onDisk = scope.fork("sync-record", () -> sync(id));
            undo.add("files", () -> parts.files().remove(id));
            parts.files().createDirectory(id);
            long filesBegin = System.nanoTime();
            var files = scope.fork("write-files", () -> writeFiles(sandbox, activity, filesBegin));
            activity.step("pause", "the pause process to be ready", Deadline.after(parts.pauseTimeout()));
            ProcessIdentity pause = startPause(sandbox, undo);
            activity.step("pin");
            pinNamespaces(sandbox, pause, undo);
            activity.network("network");
            List<String> ips = attachNetwork(sandbox, undo);
            activity.step("join", "its files to be written and its record to be on disk");
            scope.join();
            boolean prepared = onDisk.get() && files.get();
            PodSandbox ready;
            activity.step("ready", parts.plugins().present() ? "NRI plugins" : "");
            try (Admission admission = parts.plugins().admit()) {
                askPlugins(id, ips, undo);
                ready = ready(id, ips, prepared);
            }
            undo.release();
            done = true;
            activity.done();
            tell(ready, activity);
        } finally {
            if (!done) {
                settleFailure(id, undo);
            }
        }
        return id;
    }

    /** The record is written before the first side effect, so that a crash from here on is recoverable. */
    private PodSandbox record(String id, PodSandboxConfig config, String runtimeHandler, String handler) {
        PodSandbox sandbox = new PodSandbox(
                id,
                config,
                runtimeHandler,
                handler,
                SandboxState.CREATING,
                parts.clock().instant(),
                hostname(id, config),
                null,
                parts.host().bootId(),
                List.of(),
                config.usesHostNetwork(),
                parts.cgroupPaths().sandbox(config.cgroupParent(), id),
                parts.host().selinux()
                        ? SelinuxLevels.choose(config, parts.state().sandboxes().all())
                        : "");
        if (!config.usesHostNetwork()) {
            // Refuses names that no plugin can be told, before anything is there.
            var unused = Attachments.of(sandbox, parts.namespaces());
        }
        parts.state().sandboxes().put(id, sandbox);
        return sandbox;
    }

    private boolean sync(String id) {
        parts.state().sandboxes().sync(id);
        return true;
    }

    private boolean writeFiles(PodSandbox sandbox, Activity activity, long begin) {
        parts.files().createLogDirectory(sandbox.config());
        parts.files().write(sandbox.id(), sandbox.config(), sandbox.hostname());
        activity.beside("files", begin);
        return true;
    }

    private ProcessIdentity startPause(PodSandbox sandbox, Rollback undo) throws InterruptedException {
        undo.add("cgroup", () -> parts.cgroups().remove(sandbox.cgroup()));
        List<Path> entries = parts.cgroups().create(sandbox.cgroup());
        undo.add("pause process", () -> stop.endPause(sandbox.id()));
        ProcessIdentity pause = parts.pause()
                .start(
                        PauseSpec.of(sandbox.config(), sandbox.hostname(), entries),
                        parts.processes(),
                        Deadline.after(parts.pauseTimeout()));
        var unused = parts.state().sandboxes().update(sandbox.id(), current -> current.withPause(pause));
        return pause;
    }

    private void pinNamespaces(PodSandbox sandbox, ProcessIdentity pause, Rollback undo) {
        undo.add("namespaces", () -> parts.namespaces().unpin(sandbox.id()));
        Set<PodNamespaces.Kind> kinds =
                PodNamespaces.ownedBy(sandbox.config().security().namespaces());
        parts.namespaces().pin(sandbox.id(), pause.pid(), kinds);
    }

    private List<String> attachNetwork(PodSandbox sandbox, Rollback undo) throws InterruptedException {
        if (sandbox.config().usesHostNetwork()) {
            return List.of();
        }
        // Before the call: ADD can fail half-way and still have taken an address.
        undo.add("network", () -> stop.detachNetwork(sandbox));
        return parts.networks()
                .attach(Attachments.of(sandbox, parts.namespaces()))
                .ips();
    }

    /** Those that were asked are told when the sandbox does not come into being after all. */
    private void askPlugins(String id, List<String> ips, Rollback undo) throws InterruptedException {
        Optional<PodSandbox> sandbox = parts.state().sandboxes().find(id).map(current -> current.withIps(ips));
        if (sandbox.isEmpty() || !parts.plugins().present()) {
            return;
        }
        undo.add("plugins", () -> {
            parts.plugins().stopPodSandbox(sandbox.get());
            parts.plugins().removePodSandbox(sandbox.get());
        });
        parts.plugins().runPodSandbox(sandbox.get());
    }

    private PodSandbox ready(String id, List<String> ips, boolean prepared) {
        return parts.state()
                .sandboxes()
                .update(
                        id,
                        current -> prepared && current.state() == SandboxState.CREATING
                                ? current.withIps(ips).withState(SandboxState.READY)
                                : current)
                .filter(PodSandbox::isReady)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.CANCELLED, "run pod sandbox " + id, "it was removed while it was made"));
    }

    /** It is READY and its record says so: nothing here may fail it any more. */
    private void tell(PodSandbox ready, Activity activity) {
        String id = ready.id();
        parts.events().publish(new PodEvent(PodEvent.Kind.CREATED, id, id, ready.createdAt()));
        parts.events()
                .publish(new PodEvent(
                        PodEvent.Kind.STARTED, id, id, parts.clock().instant()));
        pauses.track(ready);
        log.info(
                "sandbox ready: sandbox={} pod={} ips={}",
                id,
                ready.config().metadata().display(),
                ready.ips());
        log.debug("sandbox ready: sandbox={} ms=\"{}\"", id, activity.clock());
    }

    /** After the undo: all undone means no record; an undo that failed leaves one that Stop and Remove finish. */
    private void settleFailure(String id, Rollback undo) {
        if (undo.failures().isEmpty()) {
            parts.state().sandboxes().remove(id);
        } else {
            var unused = parts.state().sandboxes().update(id, current -> current.withState(SandboxState.STOPPING));
        }
    }

    private String hostname(String id, PodSandboxConfig config) {
        if (config.usesHostNetwork()) {
            return hostHostname();
        }
        return config.hostname().isEmpty() ? Ids.brief(id) : config.hostname();
    }

    private static String hostHostname() {
        Path file = Path.of("/proc/sys/kernel/hostname");
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw FileErrors.during("read " + file, e);
        }
    }
}
