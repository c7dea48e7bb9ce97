package io.gantry.platform.storage;

/** What a written file survives once the write has returned. */
public enum Durability {
    /** The end of this process at any instruction, kill -9 included; a power loss may bring back the former content. */
    CRASH,
    /** A power loss too. Costs two fsync(2). */
    POWER_LOSS
}
