package io.gantry.e2e.runtime;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Removes by force everything a node holds, whatever state its runtime left it in. */
final class Sweep {
    private final Node node;
    private final NodeContents contents;

    Sweep(Node node) {
        this.node = node;
        this.contents = new NodeContents(node);
    }

    void run() throws IOException, InterruptedException {
        // Shims and monitors outlive their daemon, and ending one may bring its parent to start another step.
        for (int round = 0; round < 50; round++) {
            List<Long> processes = contents.processes();
            if (processes.isEmpty()) {
                break;
            }
            processes.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            Thread.sleep(100);
        }
        for (String mount : contents.mounts().reversed()) {
            Command.of("umount", "-l", mount).result();
        }
        for (Path cgroup : contents.cgroups().reversed()) {
            Files.deleteIfExists(cgroup);
        }
        if (Files.exists(Path.of("/sys/class/net", node.bridge()))) {
            Command.of("ip", "link", "delete", node.bridge()).result();
        }
        for (String rule : contents.rules()) {
            String arguments = " -w -t nat " + rule.replaceFirst("^-A", "-D");
            Command.of("sh", "-c", "iptables" + arguments + " || ip6tables" + arguments)
                    .result();
        }
        deleteTree(node.state());
        deleteTree(node.base());
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                try {
                    Files.deleteIfExists(path);
                } catch (NoSuchFileException e) {
                    // Gone meanwhile, which is what is wanted.
                }
            }
        }
    }
}
