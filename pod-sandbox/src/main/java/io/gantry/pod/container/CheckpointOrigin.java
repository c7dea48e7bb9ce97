package io.gantry.pod.container;

import io.gantry.image.service.Image;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.OwnThread;
import io.gantry.platform.lifecycle.Rollback;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.checkpoint.StagedCheckpoint;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.spec.ImageDefaults;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A checkpoint: all is made but the processes, which StartContainer restores. */
final class CheckpointOrigin implements ContainerOrigin {
    private static final String THREAD = "gantry-restore";

    private final ContainerParts parts;
    private final CheckpointSource source;
    private final String id;
    private final String action;
    private final RestorePreparation preparation;
    private @Nullable StagedCheckpoint staged;

    CheckpointOrigin(
            ContainerParts parts,
            CheckpointSource source,
            String id,
            PodSandbox sandbox,
            ContainerConfig config,
            OciRuntime runtime) {
        this.parts = parts;
        this.source = source;
        this.id = id;
        this.action = "create container " + config.metadata().name();
        this.preparation = new RestorePreparation(sandbox, config, runtime, action);
    }

    @Override
    public void requireAble() throws InterruptedException {
        preparation.requireAble();
    }

    @Override
    public Image image(Rollback undo) throws InterruptedException {
        undo.add(
                "checkpoint",
                () -> StagedCheckpoint.discard(parts.state().paths().restore(id)));
        StagedCheckpoint checkpoint = OwnThread.call(THREAD, () -> source.stage(parts, id, action));
        staged = checkpoint;
        return source.base(parts, checkpoint, action);
    }

    private StagedCheckpoint staged() {
        if (staged == null) {
            throw new IllegalStateException("the checkpoint is not staged");
        }
        return staged;
    }

    @Override
    public Processes begin(Container container, Path bundle) {
        return new Processes() {
            @Override
            public Optional<Conmon.Created> create(Deadline deadline) {
                return Optional.empty();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void fill(Path rootfs) throws InterruptedException {
        StagedCheckpoint checkpoint = staged();
        OwnThread.run(THREAD, () -> checkpoint.applyChanges(JnaSyscalls.instance(), rootfs, action));
    }

    @Override
    public ImageDefaults defaults(Image image) {
        return preparation.defaults(image, staged(), source.exact());
    }

    @Override
    public void finish(OciSpec spec, Path bundle) {
        preparation.finish(spec, staged(), source.exact(), bundle);
    }

    @Override
    public String toString() {
        return "checkpoint";
    }
}
