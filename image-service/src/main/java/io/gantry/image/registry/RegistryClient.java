package io.gantry.image.registry;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.DocumentLimits;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads images from registries: asks mirrors and the registry in the order of {@code hosts.toml}, authenticates,
 * follows redirects, waits and tries again, and checks every digest and size. Safe for use by many threads; keeps nothing
 * on disk. Interrupting the calling thread ends every method at once with its connection closed.
 *
 * <p>Errors are {@link GantryException} that name each endpoint asked with its reason: UNAUTHENTICATED or
 * PERMISSION_DENIED when access was refused, NOT_FOUND when the registry says so, DATA_LOSS for content that is not what its
 * digest says, FAILED_PRECONDITION for configuration that cannot be used, UNAVAILABLE for the rest; when nothing but the
 * network failed the message begins with {@code RegistryUnavailable}, which the kubelet knows.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/main/spec.md">distribution-spec</a>
 */
public final class RegistryClient {
    private final RegistryHosts hosts;
    private final RegistryClientConfig config;
    private final RangePolicy ranges;
    private final RegistryRequests requests;
    private final FetchManifest fetchManifest;
    private final EndpointHealth health = new EndpointHealth();

    public RegistryClient(RegistryHosts hosts, RegistryClientConfig config) {
        this(hosts, config, RangePolicy.DEFAULT);
    }

    /** @param ranges when a blob is fetched over several connections */
    public RegistryClient(RegistryHosts hosts, RegistryClientConfig config, RangePolicy ranges) {
        this.ranges = ranges;
        this.hosts = hosts;
        this.config = config;
        this.requests = new RegistryRequests(new HttpTransport(config));
        this.fetchManifest = new FetchManifest(requests, config);
    }

    /** The manifest or index that a name means, from the first endpoint that has it. */
    public ResolvedManifest resolve(ImageReference reference, @Nullable RegistryCredentials credentials)
            throws InterruptedException {
        Endpoint.Capability needed =
                reference.digest() == null ? Endpoint.Capability.RESOLVE : Endpoint.Capability.PULL;
        EndpointRounds rounds = new EndpointRounds(
                "pull image " + reference, reference, endpoints(reference, needed), reference.digest(), config, health);
        return rounds.run(endpoint -> fetchManifest.at(endpoint, reference, credentials));
    }

    /**
     * A manifest, index or config by its digest.
     *
     * @return at most {@link DocumentLimits#of} bytes, of the descriptor's size and digest
     */
    public byte[] fetchSmall(ImageReference reference, Descriptor descriptor, @Nullable RegistryCredentials credentials)
            throws InterruptedException {
        boolean manifest = MediaTypes.isIndex(descriptor.mediaType()) || MediaTypes.isManifest(descriptor.mediaType());
        String action = "pull " + (manifest ? "manifest " : "config ") + descriptor.digest() + " of image " + reference;
        int limit = DocumentLimits.of(descriptor.mediaType());
        if (descriptor.size() > limit) {
            throw GantryException.of(
                    ErrorKind.DATA_LOSS,
                    action,
                    "it has " + descriptor.size() + " bytes, more than the " + limit + " that are read");
        }
        return rounds(action, reference, descriptor).run(endpoint -> {
            String digest = descriptor.digest().toString();
            URI uri = manifest ? endpoint.manifest(reference, digest) : endpoint.blob(reference, digest);
            Map<String, String> headers = manifest ? Map.of("Accept", descriptor.mediaType()) : Map.of();
            HttpReply reply = requests.get(endpoint, uri, reference, credentials, headers);
            int size = (int) descriptor.size();
            byte[] bytes = SmallContent.read(endpoint, reply, size, descriptor.digest(), config.progressTimeout());
            if (bytes.length != size) {
                throw SmallContent.bad(
                        endpoint, "it served " + bytes.length + " bytes of the " + size + " that were announced", null);
            }
            return bytes;
        });
    }

    /**
     * Opens a blob at a byte offset. Returns when the first reply is there, so a blob that cannot be had fails here; the
     * download then runs ahead of the reader by at most a few buffers. The caller closes the stream.
     *
     * @param offset bytes at the start that are not wanted, from 0 to the size
     */
    public BlobStream openBlob(
            ImageReference reference, Descriptor descriptor, long offset, @Nullable RegistryCredentials credentials)
            throws InterruptedException {
        return openBlob(reference, descriptor, offset, credentials, TransferMemory.UNLIMITED);
    }

    /**
     * The same with a budget.
     *
     * @param memory for more connections than one; stays open for as long as the stream
     */
    public BlobStream openBlob(
            ImageReference reference,
            Descriptor descriptor,
            long offset,
            @Nullable RegistryCredentials credentials,
            TransferMemory memory)
            throws InterruptedException {
        if (offset < 0 || offset > descriptor.size()) {
            throw new IllegalArgumentException("offset " + offset + " is outside of " + descriptor.digest());
        }
        String action = "pull layer " + descriptor.digest() + " of image " + reference;
        Supplier<BlobSource> sources = () ->
                new BlobSource(requests, reference, descriptor, credentials, rounds(action, reference, descriptor));
        BlobDownload download = new BlobDownload(action, descriptor, offset, sources, health, config, ranges, memory);
        return ResumingBlobStream.open(download);
    }

    /**
     * The indexes of what refers to a manifest, one for each page of the list; empty when no endpoint knows how to list
     * referrers.
     *
     * @param reference the image's name
     * @param subject the manifest or index
     */
    public Optional<List<byte[]>> referrers(
            ImageReference reference, Digest subject, @Nullable RegistryCredentials credentials)
            throws InterruptedException {
        String action = "look for what refers to image " + reference;
        FetchReferrers fetch = new FetchReferrers(requests, config);
        List<Endpoint> endpoints = endpoints(reference, Endpoint.Capability.PULL);
        try {
            return Optional.of(new EndpointRounds(action, reference, endpoints, null, config, health)
                    .run(endpoint -> fetch.at(endpoint, reference, subject, credentials)));
        } catch (GantryException e) {
            if (e.kind() == ErrorKind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private EndpointRounds rounds(String action, ImageReference reference, Descriptor descriptor) {
        List<Endpoint> endpoints = endpoints(reference, Endpoint.Capability.PULL);
        return new EndpointRounds(action, reference, endpoints, descriptor.digest(), config, health);
    }

    private List<Endpoint> endpoints(ImageReference reference, Endpoint.Capability needed) {
        return hosts.endpoints(reference.registry()).stream()
                .filter(endpoint -> endpoint.capabilities().contains(needed))
                .toList();
    }
}
