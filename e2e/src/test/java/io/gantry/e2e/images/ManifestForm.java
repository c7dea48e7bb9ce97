package io.gantry.e2e.images;

/** The two families of media types that registries serve, and what the tag points at. */
enum ManifestForm {
    DOCKER(
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    OCI(
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip"),
    /** OCI, with the tag on an index that lists this platform. */
    OCI_INDEX(OCI.manifest, OCI.config, OCI.layer),
    /** OCI, with the tag on an index that lists only a platform that no test machine has. */
    OCI_INDEX_OTHER_PLATFORM(OCI.manifest, OCI.config, OCI.layer);

    static final String INDEX = "application/vnd.oci.image.index.v1+json";

    final String manifest;
    final String config;
    final String layer;

    ManifestForm(String manifest, String config, String layer) {
        this.manifest = manifest;
        this.config = config;
        this.layer = layer;
    }
}
