package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.Tar;
import io.gantry.e2e.process.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/**
 * Images made to write outside their layer, pulled by the real daemon as root, and run: whether they are let in or not, the
 * host's own files are what they were. image-service has the whole corpus; here are the tricks that reach for the host.
 */
class HostileImagesIT {
    private static final String EVIL = "gantry-e2e-evil";

    private static Map<String, FaultImage> tricks() {
        Map<String, FaultImage> tricks = new LinkedHashMap<>();
        tricks.put("names-up", image(new Tar().file("../../../../../../../../etc/" + EVIL, "x")));
        tricks.put("absolute", image(new Tar().file("/etc/" + EVIL, "x")));
        tricks.put(
                "link-up",
                image(new Tar().symlink("up", "../../../../../../../..").file("up/etc/" + EVIL, "x")));
        tricks.put("link-absolute", image(new Tar().symlink("abs", "/etc").file("abs/" + EVIL, "x")));
        tricks.put(
                "link-chain",
                image(new Tar()
                        .symlink("a", "b/..")
                        .symlink("b", "c/..")
                        .symlink("c", "/..")
                        .file("a/etc/" + EVIL, "x")));
        tricks.put(
                "hard-link",
                image(new Tar()
                        .hardLink("passwd", "../../../../../../../etc/passwd")
                        .file("passwd", "x")));
        tricks.put(
                "link-then-hard-link",
                image(new Tar().symlink("p", "/etc/passwd").hardLink("h", "p").file("h", "x")));
        tricks.put("attributes", image(new Tar().directory("d").symlink("d", "/etc")));
        tricks.put("whiteout", image(new Tar().symlink("d", "/etc").file("d/.wh.hostname", "")));
        tricks.put("opaque", image(new Tar().symlink("d", "/etc").file("d/.wh..wh..opq", "")));
        tricks.put("whiteout-up", image(new Tar().file(".wh..", "").file("a/.wh.../etc", "")));
        tricks.put("proc", image(new Tar().symlink("r", "/proc/self/root").file("r/etc/" + EVIL, "x")));
        tricks.put("cwd", image(new Tar().symlink("c", "/proc/self/cwd").file("c/" + EVIL, "x")));
        tricks.put("root-is-a-link", image(new Tar().symlink("./", "/etc").file(EVIL, "x")));
        tricks.put(
                "two-layers",
                FaultImage.ofTars(
                        new Tar().symlink("d", "/etc").build(),
                        new Tar().file("d/" + EVIL, "x").build()));
        return tricks;
    }

    private static FaultImage image(Tar tar) {
        return FaultImage.ofTars(tar.build());
    }

    @Test
    void theHostStaysAsItWas() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "looks into Gantry's own directories");
        try (PullBed bed = PullBed.start("")) {
            ObjectNode pod = bed.crictl.pod("evil");
            String podId = bed.crictl.runPod(pod);
            Map<String, String> before = snapshot(bed);
            for (Map.Entry<String, FaultImage> trick : tricks().entrySet()) {
                String reference = bed.serve("evil/" + trick.getKey(), trick.getValue());
                Result pull = bed.crictl.attempt("pull", reference);
                if (pull.status() == 0) {
                    // There is nothing in it to run; making its root file system writes as well.
                    ObjectNode container = bed.crictl.container("c", reference, "/none");
                    Result create =
                            bed.crictl.attempt("create", podId, bed.crictl.file(container), bed.crictl.file(pod));
                    if (create.status() == 0) {
                        bed.crictl.attempt("start", create.output().strip());
                        bed.crictl.run("rm", "-f", create.output().strip());
                    }
                    bed.crictl.run("rmi", reference);
                } else {
                    assertThat(pull.error()).as(trick.getKey()).doesNotContain("code = Internal");
                }
                assertThat(changes(before, snapshot(bed))).as(trick.getKey()).isEmpty();
            }
            assertThat(bed.images()).isEmpty();
            assertThat(bed.completeLayers()).isEmpty();
            bed.crictl.removePod(podId);
            bed.assertQuiet();
        }
    }

    /** Names, inodes, owners, modes, sizes and times of what the tricks reach for. */
    private static Map<String, String> snapshot(PullBed bed) throws IOException {
        Map<String, String> seen = new TreeMap<>();
        collect(Path.of("/etc"), 64, seen);
        for (String top :
                List.of("/", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/root", "/var/lib", "/boot", "/home")) {
            collect(Path.of(top), 1, seen);
        }
        // What lies around the layers: the daemon's own records may come and go, but nothing else.
        try (Stream<Path> base = Files.list(bed.run.runtime().node().base())) {
            base.forEach(path -> seen.put(path.toString(), ""));
        }
        try (Stream<Path> root = Files.list(bed.run.runtime().node().root())) {
            root.forEach(path -> seen.put(path.toString(), ""));
        }
        return seen;
    }

    private static void collect(Path path, int depth, Map<String, String> seen) throws IOException {
        boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        try {
            Map<String, Object> facts = Files.readAttributes(
                    path, "unix:ino,mode,uid,gid,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
            // Other programs may work in the directories whose names alone are looked at.
            seen.putIfAbsent(path.toString(), directory && depth == 0 ? "" : new TreeMap<>(facts).toString());
        } catch (java.nio.file.NoSuchFileException e) {
            return;
        }
        if (directory && depth > 0) {
            try (Stream<Path> children = Files.list(path)) {
                for (Path child : children.toList()) {
                    collect(child, depth - 1, seen);
                }
            }
        }
    }

    private static List<String> changes(Map<String, String> before, Map<String, String> after) {
        return Stream.concat(before.keySet().stream(), after.keySet().stream())
                .distinct()
                .filter(path -> !String.valueOf(before.get(path)).equals(String.valueOf(after.get(path))))
                .map(path -> path + ": " + before.get(path) + " -> " + after.get(path))
                .toList();
    }
}
