package io.gantry.cri.cli;

import io.gantry.pod.activity.Subject;
import java.time.Instant;

/**
 * A pod or container that the daemon knows of.
 *
 * @param listed whether CRI lists it; others are being created, or could not be
 * @param state for people
 * @param since when it was created; for one that is being created, when that began; for one that failed, when
 */
record Known(Subject about, boolean listed, String state, Instant since) {
    String id() {
        return about.ofContainer() ? about.containerId() : about.sandboxId();
    }

    /** For people: {@code pod default/web 3f2a9c01b2d4e}. */
    String display() {
        String pod = about.namespace() + "/" + about.pod();
        String name = about.ofContainer() ? "container " + pod + "/" + about.container() : "pod " + pod;
        return id().isEmpty() ? name : name + " " + Human.id(id());
    }

    boolean hasName(String name) {
        String pod = about.namespace() + "/" + about.pod();
        return about.ofContainer()
                ? name.equals(about.container()) || name.equals(pod + "/" + about.container())
                : name.equals(about.pod()) || name.equals(pod);
    }

    /** Whether both are the same to a user: attempts of one container, or sandboxes of one pod. */
    boolean isNamedAs(Known other) {
        return about.namespace().equals(other.about.namespace())
                && about.pod().equals(other.about.pod())
                && about.container().equals(other.about.container());
    }
}
