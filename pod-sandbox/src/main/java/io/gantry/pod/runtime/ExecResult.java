package io.gantry.pod.runtime;

/**
 * What a command run in a container gave.
 *
 * @param exitCode 0 to 255, or 128 and the signal that killed it
 * @param truncated whether it wrote more than was kept
 */
public record ExecResult(byte[] stdout, byte[] stderr, int exitCode, boolean truncated) {}
