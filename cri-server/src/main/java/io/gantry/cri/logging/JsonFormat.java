package io.gantry.cri.logging;

import io.gantry.platform.storage.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** One JSON object: time, level, logger, call, event, trace, and the event's own fields beside them. */
record JsonFormat() implements LogFormat {
    @Override
    public String format(LogEvent event) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("time", event.time().toString());
        object.put("level", event.levelName());
        object.put("logger", event.logger());
        if (event.call() != null) {
            object.put("call", event.call());
        }
        object.put("event", event.event());
        event.fieldMap().forEach(object::putIfAbsent);
        if (event.trace() != null) {
            object.put("trace", event.trace());
        }
        return Json.mapper().writeValueAsString(object);
    }
}
