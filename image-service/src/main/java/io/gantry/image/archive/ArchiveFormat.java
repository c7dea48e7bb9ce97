package io.gantry.image.archive;

/** The two forms in which images travel as a file. */
public enum ArchiveFormat {
    /** An OCI image layout in a tar archive, which {@code skopeo}, {@code podman} and containerd read. */
    OCI,
    /** What {@code docker save} writes and {@code docker load} reads. */
    DOCKER
}
