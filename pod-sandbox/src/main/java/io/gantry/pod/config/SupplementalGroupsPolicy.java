package io.gantry.pod.config;

/** Whether groups of the image's /etc/group are added to those asked for. */
public enum SupplementalGroupsPolicy {
    MERGE,
    STRICT
}
