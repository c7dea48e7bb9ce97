package io.gantry.pod.container;

import io.gantry.image.service.Image;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import io.gantry.pod.checkpoint.SpecMatch;
import io.gantry.pod.checkpoint.StagedCheckpoint;
import io.gantry.pod.checkpoint.UtsImage;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.spec.ImageDefaults;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.PodSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What differs in the making of a container whose processes come from a checkpoint. */
final class RestorePreparation {
    /** Names criu's own configuration of one container (runc-restore(8), crun(1)). */
    private static final String CRIU_CONFIG = "org.criu.config";

    /** criu's configuration of all containers, where an administrator has written one. */
    private static final Path NODE_CONFIG = Path.of("/etc/criu/runc.conf");

    /**
     * Connections are closed, and processes stay in the cgroup that the runtime has made (criu(8)). For the latter runc has an
     * option since 1.2 only.
     */
    private static final String RESTORE_CONFIG = "tcp-close\nmanage-cgroups=ignore\n";

    private final PodSandbox sandbox;
    private final ContainerConfig config;
    private final OciRuntime runtime;
    private final String action;

    RestorePreparation(PodSandbox sandbox, ContainerConfig config, OciRuntime runtime, String action) {
        this.sandbox = sandbox;
        this.config = config;
        this.runtime = runtime;
        this.action = action;
    }

    /** @throws GantryException FAILED_PRECONDITION when nothing can be restored there */
    void requireAble() throws InterruptedException {
        runtime.checkpoints().require(action);
        if (config.tty()) {
            throw unmet("a container with a terminal cannot be restored", "restore it without tty");
        }
        if (sandbox.config().security().namespaces().usesUserNamespace()) {
            throw unmet(
                    "pod sandbox " + sandbox.id() + " has a user namespace, in which OCI runtimes cannot restore",
                    "run the pod with hostUsers: true");
        }
        NamespaceMode pid = config.security().namespaces().pid();
        if (pid == NamespaceMode.NODE || pid == NamespaceMode.TARGET) {
            throw unmet(
                    "it uses the PID namespace of the " + (pid == NamespaceMode.NODE ? "node" : "container it targets")
                            + ", where its process ids may be taken",
                    "restore it with a PID namespace of its own");
        }
    }

    private GantryException unmet(String problem, String remedy) {
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                .withRemedy(remedy);
    }

    /**
     * What the config leaves out is as it was: commands that are run in the container later find the same environment.
     *
     * @param exact the config leaves out nothing but what the image says
     */
    ImageDefaults defaults(Image image, StagedCheckpoint checkpoint, boolean exact) {
        ImageDefaults own = ImageFacts.of(image);
        if (exact) {
            return own;
        }
        JsonNode process = checkpoint.spec().path("process");
        return new ImageDefaults(
                own.user(),
                words(process.path("env")),
                words(process.path("args")),
                List.of(),
                process.path("cwd").asString("/"),
                own.volumes(),
                own.stopSignal(),
                own.labels());
    }

    private static List<String> words(JsonNode list) {
        List<String> words = new ArrayList<>();
        list.forEach(word -> words.add(word.asString("")));
        return words;
    }

    /**
     * Holds the finished specification against the checkpoint, gives it the pod's host name, and has criu close
     * connections: their other ends belong to the container that was dumped.
     */
    void finish(OciSpec spec, StagedCheckpoint checkpoint, boolean exact, Path bundle) {
        SpecMatch match = new SpecMatch(checkpoint.spec(), spec.json(), action);
        match.require();
        if (exact) {
            match.requireSameProcess();
        }
        UtsImage.rename(checkpoint.images(), sandbox.hostname(), action);
        Path file = bundle.resolve("criu.conf");
        try {
            Files.writeString(file, nodeConfig() + RESTORE_CONFIG);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
        spec.json().withObject("/annotations").put(CRIU_CONFIG, file.toString());
    }

    private static String nodeConfig() throws IOException {
        try {
            return Files.readString(NODE_CONFIG) + "\n";
        } catch (NoSuchFileException e) {
            return "";
        }
    }
}
