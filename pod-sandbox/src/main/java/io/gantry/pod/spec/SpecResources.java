package io.gantry.pod.spec;

import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.LinuxResources.HugepageLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** The way back from {@link ResourceLimits}: the limits in a specification that CRI has words for. */
public final class SpecResources {
    private SpecResources() {}

    /** @param spec the whole of config.json */
    public static LinuxResources of(JsonNode spec) {
        JsonNode resources = spec.at("/linux/resources");
        JsonNode cpu = resources.path("cpu");
        JsonNode memory = resources.path("memory");
        List<HugepageLimit> hugepages = new ArrayList<>();
        resources
                .path("hugepageLimits")
                .forEach(limit -> hugepages.add(new HugepageLimit(
                        limit.path("pageSize").asString(""), limit.path("limit").asLong(0))));
        Map<String, String> unified = new TreeMap<>();
        resources
                .path("unified")
                .properties()
                .forEach(file -> unified.put(file.getKey(), file.getValue().asString("")));
        return new LinuxResources(
                cpu.path("period").asLong(0),
                cpu.path("quota").asLong(0),
                cpu.path("shares").asLong(0),
                memory.path("limit").asLong(0),
                spec.at("/process/oomScoreAdj").asLong(0),
                cpu.path("cpus").asString(""),
                cpu.path("mems").asString(""),
                hugepages,
                unified,
                memory.path("swap").asLong(0));
    }
}
