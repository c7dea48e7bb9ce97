package io.gantry.platform.storage;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a store held at start.
 *
 * @param records the good ones by id, in the order of their ids
 * @param corrupt those that were set aside
 */
public record LoadResult<T>(Map<String, T> records, List<Corrupt> corrupt) {
    public LoadResult {
        records = Collections.unmodifiableMap(new LinkedHashMap<>(records));
        corrupt = List.copyOf(corrupt);
    }
}
