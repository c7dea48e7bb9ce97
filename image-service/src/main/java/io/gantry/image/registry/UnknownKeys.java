package io.gantry.image.registry;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns about keys that are ignored, once for each key of each file, though files are read for every pull. */
final class UnknownKeys {
    private static final Logger LOG = LoggerFactory.getLogger(UnknownKeys.class);
    private static final int MAX_REMEMBERED = 1024;

    private final Set<String> warned = ConcurrentHashMap.newKeySet();

    void warn(Path file, String key) {
        if (warned.size() < MAX_REMEMBERED && warned.add(file + "\0" + key)) {
            LOG.warn("ignored unknown key {} in {}", key, file);
        }
    }
}
