package io.gantry.pod.container;

import io.gantry.image.service.Image;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.lifecycle.Rollback;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.spec.ImageDefaults;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.Container;
import java.nio.file.Path;
import java.util.Optional;

/** An image: the OCI runtime makes the first process, under a monitor. */
final class ImageOrigin implements ContainerOrigin {
    private final ContainerParts parts;
    private final Image image;
    private final OciRuntime runtime;

    ImageOrigin(ContainerParts parts, Image image, OciRuntime runtime) {
        this.parts = parts;
        this.image = image;
        this.runtime = runtime;
    }

    @Override
    public void requireAble() {}

    @Override
    public Image image(Rollback undo) {
        return image;
    }

    /** The monitor loads while the root file system and the specification are made, and waits for them. */
    @Override
    public Processes begin(Container container, Path bundle) {
        Conmon.Pending monitor = parts.conmon()
                .start(new Conmon.CreateRequest(
                        container.id(),
                        container.config().metadata().name(),
                        bundle,
                        runtime,
                        container.logPath(),
                        container.config().tty(),
                        container.config().stdin(),
                        container.config().stdinOnce()));
        return new Processes() {
            @Override
            public Optional<Conmon.Created> create(Deadline deadline) throws InterruptedException {
                return Optional.of(monitor.create(deadline));
            }

            @Override
            public void close() {
                monitor.close();
            }
        };
    }

    @Override
    public void fill(Path rootfs) {}

    @Override
    public ImageDefaults defaults(Image of) {
        return ImageFacts.of(of);
    }

    @Override
    public void finish(OciSpec spec, Path bundle) {}

    @Override
    public String toString() {
        return "image";
    }
}
