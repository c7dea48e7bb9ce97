package io.gantry.platform.linux;

/** A limit of getrlimit(2); {@link LinuxConstants#RLIM_INFINITY} is no limit. */
public record ResourceLimit(long soft, long hard) {}
