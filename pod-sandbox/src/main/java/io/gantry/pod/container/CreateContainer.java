package io.gantry.pod.container;

import io.gantry.image.service.Image;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.OwnThread;
import io.gantry.platform.concurrent.TaskScope;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.lifecycle.Rollback;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.activity.Subject;
import io.gantry.pod.cgroup.ContainerCgroup;
import io.gantry.pod.checkpoint.StagedCheckpoint;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.plugin.Admission;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.spec.ImageDefaults;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.spec.SpecRequest;
import io.gantry.pod.spec.SpecResources;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerStatus;
import io.gantry.pod.state.Ids;
import io.gantry.pod.state.PodSandbox;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one container to CREATED, or leaves nothing behind: its first process exists and waits for StartContainer. The
 * order of the steps is that of {@link #execute}.
 */
final class CreateContainer {
    private static final Logger log = LoggerFactory.getLogger(CreateContainer.class);

    private final ContainerParts parts;
    private final ContainerExits exits;
    private final Creations creations;

    CreateContainer(ContainerParts parts, ContainerExits exits, Creations creations) {
        this.parts = parts;
        this.exits = exits;
        this.creations = creations;
    }

    /** @return the id of the container, which is CREATED; its record is safe as ADR 1 says */
    String execute(String sandboxId, ContainerConfig config, @Nullable CheckpointSource checkpoint, Activity activity)
            throws InterruptedException {
        activity.step("check");
        PodSandbox sandbox = requireReady(sandboxId, config);
        Image image = checkpoint == null ? requireImage(config) : null;
        new CreationChecks(parts, sandbox, config).require();
        OciRuntime runtime = parts.runtimes().of(sandbox.handler());
        String id = parts.ids().get();
        activity.about(Subject.of(sandbox).withContainer(config.metadata().name(), id));
        ContainerOrigin origin = image == null
                ? new CheckpointOrigin(parts, Objects.requireNonNull(checkpoint), id, sandbox, config, runtime)
                : new ImageOrigin(parts, image, runtime);
        Container created;
        try (Creations.Creation creation = creations.begin(id)) {
            try {
                created = create(id, sandbox, config, origin, runtime, creation, activity);
            } catch (GantryException | InterruptedException e) {
                if (creation.settle()) {
                    throw stoppedMeanwhile(sandbox, config).causedBy(e);
                }
                throw e;
            }
        }
        if (parts.plugins().present()) {
            activity.step("tell", "NRI plugins");
        }
        parts.plugins().postCreateContainer(sandbox, created);
        return id;
    }

    private Container create(
            String id,
            PodSandbox sandbox,
            ContainerConfig config,
            ContainerOrigin origin,
            OciRuntime runtime,
            Creations.Creation creation,
            Activity activity)
            throws InterruptedException {
        activity.step("record");
        origin.requireAble();
        Rollback undo = new Rollback("create container " + config.metadata().name(), activity::undo);
        boolean done = false;
        Container created;
        try (undo;
                TaskScope scope = new TaskScope("create-container-" + Ids.brief(id))) {
            try {
                Image image = origin.image(undo);
                Container container = record(id, sandbox, config, image);
                // A stop of the sandbox that began before the record was there has not seen it.
                PodSandbox unused = requireReady(sandbox.id(), config);
                var onDisk = scope.fork("sync-record", () -> sync(id));
                makeBundle(container, undo);
                makeLogDirectory(container);
                activity.step("monitor");
                undoProcesses(container, runtime, undo);
                try (ContainerOrigin.Processes processes = origin.begin(container, bundle(container))) {
                    activity.step("rootfs");
                    mountRootfs(container, sandbox, image);
                    origin.fill(parts.state().paths().rootfs(id));
                    activity.step("spec", parts.plugins().present() ? "NRI plugins" : "");
                    // From the question to the plugins until it is listed.
                    try (Admission admission = parts.plugins().admit()) {
                        OciSpec spec = buildSpec(container, sandbox, image, origin.defaults(image), runtime, undo);
                        origin.finish(spec, bundle(container));
                        spec.writeTo(bundle(container));
                        Deadline deadline = Deadline.after(parts.operationTimeout());
                        activity.step(
                                "runtime", "conmon and the OCI runtime (" + sandbox.handler() + " create)", deadline);
                        Optional<Conmon.Created> made = processes.create(deadline);
                        activity.step("sync", "its record to be on disk");
                        scope.join();
                        boolean synced = onDisk.get();
                        activity.step("note");
                        if (!synced || creation.settle()) {
                            throw stoppedMeanwhile(sandbox, config);
                        }
                        created = created(container, spec, made);
                    }
                }
            } finally {
                // The undo is not to be interrupted.
                boolean unused = creation.settle();
            }
            undo.release();
            done = true;
            activity.done();
            log.debug(
                    "container created: container={} sandbox={} origin={} ms=\"{}\"",
                    id,
                    sandbox.id(),
                    origin,
                    activity.clock());
            return created;
        } finally {
            if (!done) {
                settleFailure(id, undo);
            }
        }
    }

    private static GantryException stoppedMeanwhile(PodSandbox sandbox, ContainerConfig config) {
        return GantryException.of(
                ErrorKind.FAILED_PRECONDITION,
                "create container " + config.metadata().name(),
                "pod sandbox " + sandbox.id() + " was stopped meanwhile");
    }

    private PodSandbox requireReady(String sandboxId, ContainerConfig config) {
        String action = "create container " + config.metadata().name();
        PodSandbox sandbox = parts.state()
                .findSandbox(sandboxId)
                .orElseThrow(
                        () -> GantryException.of(ErrorKind.NOT_FOUND, action, "there is no pod sandbox " + sandboxId));
        if (!sandbox.isReady()) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            action,
                            "pod sandbox " + sandbox.id() + " is " + sandbox.state() + ", not READY")
                    .withRemedy("run a new pod sandbox");
        }
        return sandbox;
    }

    private Image requireImage(ContainerConfig config) {
        String action = "create container " + config.metadata().name();
        if (config.image().image().isEmpty()) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, "no image is named");
        }
        return parts.images().require(config.image().image(), action);
    }

    /** The record is written before the first side effect, so that a crash from here on is recoverable. */
    private Container record(String id, PodSandbox sandbox, ContainerConfig config, Image image) {
        String logPath =
                config.logPath().isEmpty() || sandbox.config().logDirectory().isEmpty()
                        ? ""
                        : Path.of(sandbox.config().logDirectory())
                                .resolve(config.logPath())
                                .normalize()
                                .toString();
        Container container = new Container(
                id,
                sandbox.id(),
                config,
                ContainerStatus.creating(parts.clock().instant()),
                sandbox.handler(),
                image.id(),
                ImageRef.of(image, config.image()),
                logPath,
                ImageFacts.of(image).effectiveStopSignal(config.stopSignal()),
                cgroup(sandbox, id).path(),
                config.resources(),
                null,
                parts.host().bootId());
        parts.state().containers().put(id, container);
        return container;
    }

    private ContainerCgroup cgroup(PodSandbox sandbox, String id) {
        return parts.cgroupPaths().container(sandbox.config().cgroupParent(), id);
    }

    private boolean sync(String id) {
        parts.state().containers().sync(id);
        return true;
    }

    private void makeBundle(Container container, Rollback undo) {
        Path bundle = parts.state().paths().bundle(container.id());
        undo.add("bundle", () -> Trees.delete(bundle));
        try {
            Files.createDirectories(bundle.resolve("rootfs"));
            Files.setPosixFilePermissions(bundle, PosixFilePermissions.fromString("rwx--x--x"));
        } catch (IOException e) {
            throw FileErrors.during("create bundle of container " + container.id(), e);
        }
    }

    /** Adds undos, which are safe for steps that were not done; the processes go before the root file system that they are in. */
    private void undoProcesses(Container container, OciRuntime runtime, Rollback undo) {
        String id = container.id();
        undo.add("exit file", () -> parts.exits().remove(id));
        undo.add(
                "root file system",
                () -> parts.images().removeRootfs(id, parts.state().paths().rootfs(id)));
        undo.add("cgroup", () -> parts.cgroups().remove(container.cgroup()));
        undo.add("processes", () -> parts.conmon().abort(id, runtime));
    }

    private void mountRootfs(Container container, PodSandbox sandbox, Image image) throws InterruptedException {
        var unused = parts.images()
                .prepareRootfs(
                        container.id(),
                        image.id(),
                        parts.state().paths().rootfs(container.id()),
                        PodIds.rootfsOptions(sandbox, parts.namespaces()));
    }

    /** @param defaults what the config does not say */
    private OciSpec buildSpec(
            Container container,
            PodSandbox sandbox,
            Image image,
            ImageDefaults defaults,
            OciRuntime runtime,
            Rollback undo)
            throws InterruptedException {
        SpecRequest request = new SpecRequest(
                container.id(),
                sandbox.id(),
                container.config(),
                sandbox.config(),
                sandbox.hostname(),
                defaults,
                parts.state().paths().rootfs(container.id()),
                PodShares.of(sandbox, parts.namespaces(), parts.state().paths()),
                targetPidNamespace(container),
                cgroup(sandbox, container.id()).runtimePath(),
                runtime.handler().features(),
                sandbox.selinuxLevel(),
                ImageVolumes.mount(parts, container, sandbox),
                Map.of(),
                runtime.handler().baseSpec());
        OciSpec spec = parts.specs().build(request);
        if (parts.plugins().present()) {
            spec = adjusted(container, sandbox, request, spec, undo);
        }
        spec.warnings().forEach(warning -> log.warn("container={} {}", container.id(), warning));
        relabelMounts(container, spec);
        new ImageDirectories(JnaSyscalls.instance())
                .make(
                        parts.state().paths().rootfs(container.id()),
                        ImageFacts.of(image).volumes(),
                        PodIds.hostUser(sandbox, spec.user().uid()),
                        PodIds.hostGroup(sandbox, spec.user().gid()));
        return spec;
    }

    /** What a container must be able to use of the host is given the label of its own files, where the host has labels. */
    private void relabelMounts(Container container, OciSpec spec) throws InterruptedException {
        String label = spec.mountLabel();
        if (label.isEmpty()) {
            return;
        }
        Relabel relabel = new Relabel(JnaSyscalls.instance());
        String action = "create container " + container.config().metadata().name();
        for (ContainerMount mount : container.config().mounts()) {
            if (mount.selinuxRelabel() && mount.image() == null) {
                Path source = realPath(mount.hostPath(), action);
                OwnThread.run("gantry-relabel", () -> relabel.set(source, label, action));
            }
        }
    }

    private static Path realPath(String hostPath, String action) {
        try {
            return Path.of(hostPath).toRealPath();
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /** The specification as plugins want it. Those that were asked are told when the container does not come into being after all. */
    private OciSpec adjusted(Container container, PodSandbox sandbox, SpecRequest request, OciSpec spec, Rollback undo)
            throws InterruptedException {
        LinuxResources limits = SpecResources.of(spec.json());
        undo.add("plugins", () -> {
            parts.plugins().stopContainer(sandbox, container);
            parts.plugins().removeContainer(sandbox, container);
        });
        List<String> devices = parts.plugins().createContainer(sandbox, container, spec.json());
        OciSpec complete = parts.specs().complete(request, spec, devices);
        ContainerCgroup cgroup =
                parts.cgroupPaths().of(complete.json().at("/linux/cgroupsPath").asString(""));
        if (!cgroup.path().equals(container.cgroup())) {
            undo.add("chosen cgroup", () -> parts.cgroups().remove(cgroup.path()));
        }
        LinuxResources newLimits = SpecResources.of(complete.json());
        var unused = parts.state()
                .containers()
                .update(
                        container.id(),
                        current -> (newLimits.equals(limits) ? current : current.withResources(newLimits))
                                .withCgroup(cgroup.path()));
        return complete;
    }

    private @Nullable Path targetPidNamespace(Container container) {
        var namespaces = container.config().security().namespaces();
        if (namespaces.pid() != NamespaceMode.TARGET) {
            return null;
        }
        String action = "create container " + container.config().metadata().name();
        Container target = parts.state()
                .findContainer(namespaces.targetId())
                .filter(found -> found.sandboxId().equals(container.sandboxId()))
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.INVALID_ARGUMENT,
                        action,
                        "target container \"" + namespaces.targetId() + "\" is not in the same pod"));
        var init = target.status().init();
        if (!target.status().isRunning() || init == null) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION, action, "target container " + target.id() + " is not running");
        }
        return Path.of("/proc/" + init.pid() + "/ns/pid");
    }

    private void makeLogDirectory(Container container) {
        if (container.logPath().isEmpty()) {
            return;
        }
        String action = "create log directory of container " + container.id();
        try {
            Files.createDirectories(Path.of(container.logPath()).getParent());
        } catch (FileAlreadyExistsException e) {
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, e.getFile() + " is not a directory")
                    .withRemedy("remove it")
                    .causedBy(e);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    private Path bundle(Container container) {
        return parts.state().paths().bundle(container.id());
    }

    /** @param processes empty for those that are to be restored */
    private Container created(Container container, OciSpec spec, Optional<Conmon.Created> processes) {
        Container[] result = {container};
        parts.events().inOrder(container.id(), () -> {
            Container created = parts.state()
                    .containers()
                    .update(
                            container.id(),
                            current -> current.withUser(spec.user())
                                    .withStatus(processes
                                            .map(made -> current.status().created(made.init(), made.monitor()))
                                            .orElseGet(() -> current.status().createdToRestore())))
                    .orElseThrow();
            result[0] = created;
            if (processes.isPresent()) {
                exits.track(created);
            }
            parts.events()
                    .publish(new PodEvent(
                            PodEvent.Kind.CREATED,
                            created.id(),
                            created.sandboxId(),
                            created.status().createdAt()));
        });
        return result[0];
    }

    /** After the undo: all undone means no record; what could not be undone is left to recovery and RemovePodSandbox. */
    private void settleFailure(String id, Rollback undo) {
        if (undo.failures().isEmpty()) {
            parts.state().containers().remove(id);
        }
    }

    /** Undoes what a creation that was cut short has left; safe when it left nothing. The record goes last. */
    void undo(Container container) throws InterruptedException {
        parts.conmon().abort(container.id(), parts.runtimes().of(container.handler()));
        parts.cgroups().killAll(container.cgroup());
        parts.cgroups().remove(container.cgroup());
        undoFiles(container.id());
        parts.state().containers().remove(container.id());
    }

    /**
     * Ends and removes a container that no record knows, so that it may belong to any handler. One that does not work on
     * this host has no containers here; the others are asked all the same.
     */
    void removeOrphan(String id, Set<String> handlers) throws InterruptedException {
        for (String handler : handlers) {
            OciRuntime runtime;
            try {
                runtime = parts.runtimes().of(handler);
            } catch (GantryException e) {
                log.debug("container={} is no container of handler {}: {}", id, handler, e.getMessage());
                continue;
            }
            parts.conmon().abort(id, runtime);
        }
        undoFiles(id);
    }

    private void undoFiles(String id) throws InterruptedException {
        parts.images().removeRootfs(id, parts.state().paths().rootfs(id));
        Trees.delete(parts.state().paths().bundle(id));
        StagedCheckpoint.discard(parts.state().paths().restore(id));
        parts.exits().remove(id);
    }
}
