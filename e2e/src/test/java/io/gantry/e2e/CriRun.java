package io.gantry.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.images.LocalRegistry;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Path;

/** The registry with the test images and a started runtime that pulls from it; closing it leaves nothing. */
final class CriRun implements AutoCloseable {
    private final LocalRegistry registry;
    private final RuntimeUnderTest runtime;

    private CriRun(LocalRegistry registry, RuntimeUnderTest runtime) {
        this.registry = registry;
        this.runtime = runtime;
    }

    /** Skips the calling test, saying why, where this machine lacks what a run needs. */
    static CriRun start() throws IOException, InterruptedException {
        CriRun run = prepare();
        try {
            run.runtime.start();
            return run;
        } catch (IOException | InterruptedException | RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /** As {@link #start}, with the daemon not yet started. */
    static CriRun prepare() throws IOException, InterruptedException {
        assumeReady();
        Path images = Toolbox.requireImages();
        LocalRegistry registry =
                LocalRegistry.start(images.resolve("docker-registry"), images.resolve("storage"), false);
        try {
            return new CriRun(registry, RuntimeUnderTest.create(registry.address()));
        } catch (IOException | InterruptedException | RuntimeException e) {
            registry.close();
            throw e;
        }
    }

    static void assumeReady() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: mounts, namespaces and cgroups");
        assumeTrue(Toolbox.find("crictl").isPresent(), "needs crictl: ./dev test builds it");
        assumeTrue(Toolbox.find("runc").isPresent(), "needs runc from its Go module: ./dev test builds it");
        assumeTrue(Toolbox.images().isPresent(), "needs the test images: ./dev test makes them");
    }

    RuntimeUnderTest runtime() {
        return runtime;
    }

    LocalRegistry registry() {
        return registry;
    }

    Crictl crictl() {
        return new Crictl(runtime);
    }

    @Override
    public void close() throws IOException {
        try {
            runtime.close();
        } finally {
            registry.close();
        }
    }
}
