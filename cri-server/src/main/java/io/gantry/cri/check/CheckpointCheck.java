package io.gantry.cri.check;

import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.pod.runtime.CriuProgram;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether containers can be checkpointed and restored here. It runs criu(8), so {@code gantry check} asks it and no start of
 * the daemon does.
 */
public final class CheckpointCheck {
    private static final String SUBJECT = "criu";
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    private final CriuProgram criu;
    private final HostFacts host;
    private final PackageHint packages;

    public CheckpointCheck(ProcessRunner runner, HostFacts host) {
        this(runner, host, PackageHint.ofHost());
    }

    CheckpointCheck(ProcessRunner runner, HostFacts host, PackageHint packages) {
        this.criu = new CriuProgram(runner);
        this.host = host;
        this.packages = packages;
    }

    public Finding run() throws InterruptedException {
        Optional<CriuProgram.Problem> problem = criu.problem();
        if (problem.isPresent()) {
            return Finding.warning(
                    SUBJECT,
                    problem.get().text() + "; containers cannot be checkpointed or restored",
                    problem.get().missing()
                            ? packages.install("criu") + " (version " + least() + " or later)"
                            : "install criu " + least() + " or later; 'criu check' as root says more");
        }
        String version = criu.version();
        if (host.kernelAtLeast(6, 17) && isBefore42(version)) {
            return Finding.warning(
                    SUBJECT,
                    version
                            + " cannot write network sockets of Linux 6.17 and later; containers that have one cannot be"
                            + " checkpointed",
                    "install criu " + least() + " or later");
        }
        return Finding.ok(SUBJECT, version + ", gets on with this kernel");
    }

    /** What this kernel needs: 6.13 moved the vDSO, 6.17 changed what the kernel says of sockets. */
    private String least() {
        if (host.kernelAtLeast(6, 17)) {
            return "4.2";
        }
        return host.kernelAtLeast(6, 13) ? "4.1" : "3.17";
    }

    private static boolean isBefore42(String version) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.matches()
                || matcher.group(1).length() > 4
                || matcher.group(2).length() > 4) {
            return false;
        }
        int major = Integer.parseInt(matcher.group(1));
        return major < 4 || major == 4 && Integer.parseInt(matcher.group(2)) < 2;
    }
}
