package io.gantry.cri.check;

import io.gantry.cri.config.GantryConfig;
import io.gantry.image.registry.RegistryHosts;
import io.gantry.image.trust.TrustPolicyFile;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.cdi.CdiSpecs;
import io.gantry.pod.spec.HostLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files beside the configuration, which are read when a container or a pull needs them: what is wrong shows only then. */
final class FileCheck {
    private final GantryConfig config;
    private final boolean appArmor;
    private final Path profiles;

    /**
     * @param appArmor whether the kernel uses it
     * @param profiles where it lists its profiles
     */
    FileCheck(GantryConfig config, boolean appArmor, Path profiles) {
        this.config = config;
        this.appArmor = appArmor;
        this.profiles = profiles;
    }

    List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        findings.add(appArmor());
        findings.addAll(registries());
        if (!config.images().trustPolicy().isEmpty()) {
            findings.add(trustPolicy(Path.of(config.images().trustPolicy())));
        }
        findings.addAll(devices());
        return findings;
    }

    private Finding appArmor() {
        if (!appArmor) {
            return Finding.ok("AppArmor", "not used by this kernel");
        }
        return HostLimits.isLoaded(profiles, HostLimits.APPARMOR_DEFAULT)
                ? Finding.ok("AppArmor", "profile " + HostLimits.APPARMOR_DEFAULT + " is loaded")
                : Finding.warning(
                        "AppArmor",
                        "profile " + HostLimits.APPARMOR_DEFAULT
                                + " is not loaded; containers that ask for the runtime's default run without one",
                        "apparmor_parser --replace share/apparmor/" + HostLimits.APPARMOR_DEFAULT
                                + " of Gantry's tree; its service does so when it starts");
    }

    private List<Finding> registries() {
        Path directory = config.images().registryDir();
        List<String> problems = RegistryHosts.in(directory).problems();
        if (problems.isEmpty()) {
            return List.of(Finding.ok("registries", directory.toString()));
        }
        return problems.stream()
                .map(problem -> Finding.warning(
                        "registries", problem + "; images of this registry cannot be pulled", "correct it"))
                .toList();
    }

    private static Finding trustPolicy(Path file) {
        try {
            var unused = new TrustPolicyFile(file).current();
            return Finding.ok("trust policy", file.toString());
        } catch (GantryException e) {
            return Finding.missing(
                    "trust policy",
                    file + ": " + e.problem() + "; no image is let in",
                    "correct it, or unset" + " images.trust_policy");
        }
    }

    private List<Finding> devices() {
        return new CdiSpecs(config.runtime().cdiSpecDirs())
                .problems().entrySet().stream()
                        .map(problem -> Finding.warning(
                                "CDI devices",
                                problem.getKey() + ": " + problem.getValue() + "; containers cannot have its devices",
                                "correct it, or install its driver anew"))
                        .toList();
    }
}
