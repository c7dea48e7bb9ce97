package io.gantry.cni.plugin;

/** What {@code CNI_COMMAND} says. CHECK is never used: the result of ADD is the truth. */
public enum CniVerb {
    ADD,
    DEL,
    GC,
    STATUS,
    VERSION
}
