package io.gantry.pod.container;

/** What a command that ran in a container wrote, each stream capped at 16 MiB, and its exit code. */
public record ExecResult(byte[] stdout, byte[] stderr, int exitCode) {}
