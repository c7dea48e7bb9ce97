package io.gantry.cri.translate;

/** The ids that requests name sandboxes and containers by. */
public final class RequestIds {
    private RequestIds() {}

    /** @param action what is to be done with it: {@code "stop pod sandbox"} */
    public static String sandbox(String id, String action) {
        return new Checks(action).notEmpty(id, "pod_sandbox_id");
    }

    /** @param action what is to be done with it: {@code "start container"} */
    public static String container(String id, String action) {
        return new Checks(action).notEmpty(id, "container_id");
    }
}
