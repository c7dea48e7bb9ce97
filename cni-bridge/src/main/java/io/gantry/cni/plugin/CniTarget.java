package io.gantry.cni.plugin;

/**
 * The attachment that ADD and DEL are about.
 *
 * @param containerId {@code CNI_CONTAINERID}: the sandbox id
 * @param netns {@code CNI_NETNS}: path of the network namespace; empty in a DEL whose namespace is gone
 * @param interfaceName {@code CNI_IFNAME}
 * @param args {@code CNI_ARGS}: {@code key=value} pairs joined by semicolons
 */
public record CniTarget(String containerId, String netns, String interfaceName, String args) {}
