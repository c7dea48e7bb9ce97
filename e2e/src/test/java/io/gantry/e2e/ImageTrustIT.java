package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.Cosign;
import io.gantry.e2e.faults.FaultImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.node.ObjectNode;

/**
 * Images that a policy or a program of the node's owner lets in, or not. The kubelet tells the reason from the beginning of
 * the text, which it reads only when the code is Unknown.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageTrustIT {
    private static final String PREFIX = "SignatureValidationFailed: pull image ";
    private static final String SIGN = "; sign the image, for example with 'cosign sign', by whom the policy names";

    private final AtomicInteger seeds = new AtomicInteger(9000);
    private PullBed bed;
    private Cosign team;
    private Path directory;
    private Path policy;
    private Path verifiers;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"), "the policy is Gantry's own");
        team = Cosign.create();
        directory = Files.createTempDirectory("gantry-trust");
        policy = directory.resolve("trust.toml");
        verifiers = Files.createDirectory(directory.resolve("verifiers"));
        Files.writeString(directory.resolve("team.pub"), team.publicKey());
        Files.writeString(policy, """
                default = "accept"
                [[rule]]
                match = "faults.example.test/signed"
                require = "signed"
                keys = ["team.pub"]
                [[rule]]
                match = "faults.example.test/banned"
                require = "reject"
                """);
        bed = PullBed.start(
                "trust_policy = \"%s\"%nverifier_dir = \"%s\"%nverifier_timeout = \"2s\"".formatted(policy, verifiers));
    }

    @AfterAll
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
        if (directory != null) {
            try (var files = Files.walk(directory)) {
                for (Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @AfterEach
    void empty() throws Exception {
        for (String id : bed.images()) {
            bed.crictl.run("rmi", id);
        }
        assertThat(bed.completeLayers()).isEmpty();
        bed.assertQuiet();
    }

    private FaultImage serve(String repository) {
        FaultImage image = FaultImage.of(seeds.incrementAndGet(), 1 << 20);
        bed.serve(repository, image);
        return image;
    }

    private void assertRefused(String repository, FaultImage image, String problem) throws Exception {
        assertThat(bed.refused(PullBed.HOST + repository + ":1", image))
                .isEqualTo(new Refusal("Unknown", PREFIX + PullBed.HOST + repository + ":1: " + problem));
        assertThat(bed.images()).isEmpty();
        // Refused before anything was fetched.
        assertThat(bed.registry.requests("/v2/" + repository + "/blobs/" + image.layer()))
                .isEmpty();
    }

    @Test
    void aBannedNamespaceIsRefused() throws Exception {
        FaultImage image = serve("banned/app");
        assertRefused(
                "banned/app",
                image,
                "the trust policy rejects images of faults.example.test/banned/app; use another registry, or add a rule "
                        + "for this one to the policy");
    }

    @Test
    void aSignatureByTheRightKeyIsWanted() throws Exception {
        FaultImage image = serve("signed/app");
        String name = PullBed.HOST + "signed/app";
        String digest = "sha256:ID";
        assertRefused("signed/app", image, "the trust policy requires a signature, and " + digest + " has none" + SIGN);

        bed.registry.put("signed/app", Cosign.tag(image), Cosign.create().sign(name, image));
        assertRefused(
                "signed/app",
                image,
                "of 1 signatures none satisfies the trust policy: it is by none of the keys of the policy" + SIGN);

        bed.registry.put("signed/app", Cosign.tag(image), team.sign(PullBed.HOST + "signed/other", image));
        assertThat(bed.refused(name + ":1", image).text())
                .startsWith(PREFIX + name + ":1: of 1 signatures none satisfies the trust policy: ")
                .contains("another repository");

        bed.registry.put("signed/app", Cosign.tag(image), team.sign(name, image));
        bed.pull(name + ":1");
        assertThat(bed.images()).containsExactly(image.id());
    }

    @Test
    void aSignatureThatCannotBeLookedForIsNoSignature() throws Exception {
        FaultImage image = serve("signed/broken");
        bed.registry.manifest("signed/broken", answer -> {
            if (answer.content().length > 0) {
                answer.right();
            } else {
                answer.status(403);
            }
        });
        Refusal refusal = bed.refused(PullBed.HOST + "signed/broken:1", image);
        assertThat(refusal.text()).contains("signed/broken").contains("HTTP 403");
        assertThat(bed.images()).isEmpty();
        bed.registry.heal();
    }

    @Test
    void whatIsHereRunsOnlyUnderThePolicyOfNow() throws Exception {
        String open = Crictl.BUSYBOX;
        bed.crictl.run("pull", open);
        ObjectNode pod = bed.crictl.pod("trusted");
        String podId = bed.crictl.runPod(pod);
        ObjectNode container = bed.crictl.container("c", open, "true");
        bed.crictl.run("rm", "-f", bed.crictl.run("create", podId, bed.crictl.file(container), bed.crictl.file(pod)));
        String before = Files.readString(policy);
        try {
            Files.writeString(policy, before.replace("default = \"accept\"", "default = \"reject\" #"));
            String said = bed.crictl.refused("create", podId, bed.crictl.file(container), bed.crictl.file(pod));
            assertThat(said).contains("SignatureValidationFailed: ").contains("under none of its names");
            assertThat(bed.crictl.ids("ps", "-a", "-q")).isEmpty();
        } finally {
            Files.writeString(policy, before);
        }
        bed.crictl.removePod(podId);
    }

    @Test
    void programsOfTheNodeJudgeEveryImage() throws Exception {
        FaultImage image = serve("open/app");
        String name = PullBed.HOST + "open/app:1";
        Path asked = directory.resolve("asked");
        program("10-note", "{ echo \"$@\"; cat; } >" + asked);
        program("20-judge", "echo not on this node; exit 3");
        assertRefused(
                "open/app",
                image,
                "verifier 20-judge refused it: not on this node; use an image that the verifiers of this node let in");
        assertThat(asked)
                .content()
                .startsWith("-name " + name + " -digest " + FaultImage.digest(image.manifest())
                        + " -stdin-media-type application/vnd.oci.descriptor.v1+json\n{")
                .contains("\"size\":" + image.manifest().length);

        program("20-judge", "exec sleep 60");
        assertRefused(
                "open/app",
                image,
                "verifier 20-judge did not answer in 2 s; use an image that the verifiers of this node let in");
        assertThat(ProcessHandle.of(bed.run.runtime().pid()).orElseThrow().descendants())
                .isEmpty();

        program("20-judge", "exit 0");
        bed.pull(name);
        assertThat(bed.images()).isEqualTo(List.of(image.id()));
        Files.delete(verifiers.resolve("10-note"));
        Files.delete(verifiers.resolve("20-judge"));
    }

    private void program(String name, String script) throws Exception {
        // A new file each time: one that runs cannot be written.
        Path fresh = Files.writeString(directory.resolve("fresh"), "#!/bin/sh\n" + script + "\n");
        Files.setAttribute(fresh, "unix:mode", 0755);
        Files.move(fresh, verifiers.resolve(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
}
