package io.gantry.pod.container;

import io.gantry.image.service.Image;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.lifecycle.Rollback;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.spec.ImageDefaults;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.Container;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a container is made from: where CreateContainer does one thing for an image and another for a checkpoint. The methods
 * are called once each, in this order; {@link ImageOrigin} and {@link CheckpointOrigin} say what they do.
 */
interface ContainerOrigin {
    /** @throws GantryException FAILED_PRECONDITION when no container can be made from it there */
    void requireAble() throws InterruptedException;

    /**
     * The image of the root file system.
     *
     * @param undo gets what undoes what it took to find it
     */
    Image image(Rollback undo) throws InterruptedException;

    /** Begins to make the processes, beside the next steps. */
    Processes begin(Container container, Path bundle);

    /** Completes the root file system, which is as the image has it. */
    void fill(Path rootfs) throws InterruptedException;

    /** What the config does not say. */
    ImageDefaults defaults(Image image);

    /** Completes the specification, which plugins have changed. */
    void finish(OciSpec spec, Path bundle);

    /** Processes in the making; closed whatever happens. */
    interface Processes extends AutoCloseable {
        /** Makes them, with the bundle complete; empty when StartContainer makes them. */
        Optional<Conmon.Created> create(Deadline deadline) throws InterruptedException;

        @Override
        void close();
    }
}
