package io.gantry.pod.config;

/** The four parts of an SELinux label; each may be empty. */
public record SelinuxOptions(String user, String role, String type, String level) {}
