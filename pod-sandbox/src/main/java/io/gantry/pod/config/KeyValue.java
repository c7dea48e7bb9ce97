package io.gantry.pod.config;

/** One environment variable. */
public record KeyValue(String key, String value) {}
