package io.gantry.cri.translate;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.storage.Json;
import io.gantry.pod.state.PodSandbox;
import java.util.LinkedHashMap;
import java.util.Map;

/** The {@code info} of verbose answers: one entry "info" with a JSON object, as crictl expects it. */
public final class VerboseInfo {
    private static final String KEY = "info";

    private VerboseInfo() {}

    public static Map<String, String> of(Object facts) {
        return Map.of(KEY, Json.mapper().writeValueAsString(facts));
    }

    /**
     * What a sandbox's status does not have room for.
     *
     * @param more further facts
     */
    public static Map<String, String> of(PodSandbox sandbox, Map<String, Object> more) {
        ProcessIdentity pause = sandbox.pause();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("pid", pause == null ? 0 : pause.pid());
        facts.put("state", sandbox.state());
        facts.put("handler", sandbox.handler());
        facts.put("hostname", sandbox.hostname());
        facts.put("cgroup", sandbox.cgroup());
        facts.put("bootId", sandbox.bootId());
        facts.put("networkDetached", sandbox.networkDetached());
        facts.put("config", sandbox.config());
        facts.putAll(more);
        return of(facts);
    }
}
