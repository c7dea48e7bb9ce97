package io.gantry.pod.runtime;

/** A runtime handler as told to callers (api.proto, RuntimeHandler). */
public record HandlerInfo(String name, boolean isDefault, boolean recursiveReadOnlyMounts, boolean userNamespaces) {}
