package io.gantry.pod.pause;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.storage.Json;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * The one line that {@code gantry-pause} prints: {@code pid}, {@code startTime} and {@code notices} of the process that is
 * ready, or {@code step}, {@code errno} and {@code error} of what went wrong.
 */
record PauseAnswer(
        int pid,
        long startTime,
        List<String> notices,
        @Nullable String step,
        int errno,
        @Nullable String error) {
    PauseAnswer {
        notices = notices == null ? List.of() : List.copyOf(notices);
    }

    /** Empty when the text is no such line, for instance because the program was killed before it wrote one. */
    static Optional<PauseAnswer> parse(String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(Json.mapper().readValue(text, PauseAnswer.class));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    /** The process, empty when none was left. */
    Optional<ProcessIdentity> process() {
        return pid > 0 && startTime > 0 ? Optional.of(new ProcessIdentity(pid, startTime)) : Optional.empty();
    }
}
