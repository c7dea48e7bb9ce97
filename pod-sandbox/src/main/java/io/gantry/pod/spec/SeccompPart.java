package io.gantry.pod.spec;

import io.gantry.pod.config.SecurityProfile;
import tools.jackson.databind.node.ObjectNode;

/** The seccomp filter of a container (config-linux.md, "Seccomp"). No profile, and any privileged container: none. */
final class SeccompPart {
    private final SpecContext context;
    private final CapabilitySets capabilities;

    SeccompPart(SpecContext context, CapabilitySets capabilities) {
        this.context = context;
        this.capabilities = capabilities;
    }

    void addTo(ObjectNode linux) {
        linux.remove("seccomp");
        SecurityProfile asked = context.security().seccomp();
        if (asked == null || context.isPrivileged()) {
            return;
        }
        switch (asked) {
            case SecurityProfile.Unconfined() -> {}
            case SecurityProfile.RuntimeDefault() -> {
                if (context.host().seccomp()) {
                    linux.set("seccomp", DefaultSeccomp.profile(context.host().architecture(), capabilities));
                } else {
                    context.warn("no seccomp filter: this kernel has no seccomp");
                }
            }
            case SecurityProfile.Localhost(String reference) -> {
                if (!context.host().seccomp()) {
                    throw context.unmet(
                            "seccomp profile " + reference + " is asked for, but this kernel has no seccomp",
                            "run the pod on another node");
                }
                linux.set("seccomp", new LocalhostSeccomp(context, capabilities).load(reference));
            }
        }
    }
}
