package io.gantry.image.registry;

import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Opens connections that deliver a blob from a given byte on, at whichever endpoint has it. Used by one thread. */
final class BlobSource {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final RegistryRequests requests;
    private final ImageReference reference;
    private final Descriptor descriptor;
    private final @Nullable RegistryCredentials credentials;
    private final EndpointRounds rounds;
    private final Map<Endpoint, String> etags = new HashMap<>();

    BlobSource(
            RegistryRequests requests,
            ImageReference reference,
            Descriptor descriptor,
            @Nullable RegistryCredentials credentials,
            EndpointRounds rounds) {
        this.requests = requests;
        this.reference = reference;
        this.descriptor = descriptor;
        this.credentials = credentials;
        this.rounds = rounds;
    }

    /**
     * A connection whose next byte is byte {@code offset - skip} of the blob.
     *
     * @param skip bytes to read and forget, when the server starts from the beginning whatever it was asked
     */
    record Connection(Endpoint endpoint, HttpReply reply, long skip) {}

    /** @param end one after the last byte that is wanted */
    Connection open(long offset, long end) throws InterruptedException {
        return rounds.run(endpoint -> openAt(endpoint, offset, end));
    }

    EndpointRounds rounds() {
        return rounds;
    }

    private Connection openAt(Endpoint endpoint, long offset, long end) throws EndpointException, InterruptedException {
        Map<String, String> headers = new HashMap<>();
        boolean part = offset > 0 || end < descriptor.size();
        if (part) {
            headers.put("Range", "bytes=" + offset + "-" + (end < descriptor.size() ? end - 1 : ""));
            String etag = etags.get(endpoint);
            if (etag != null) {
                headers.put("If-Range", etag);
            }
        }
        HttpReply reply = requests.get(
                endpoint, endpoint.blob(reference, descriptor.digest().toString()), reference, credentials, headers);
        try {
            long start =
                    reply.status() == 206 ? rangeStart(endpoint, reply, offset, part) : wholeStart(endpoint, reply);
            checkLength(endpoint, reply, start);
            rememberEtag(endpoint, reply);
            return new Connection(endpoint, reply, offset - start);
        } catch (EndpointException e) {
            reply.close();
            throw e;
        }
    }

    private static long wholeStart(Endpoint endpoint, HttpReply reply) throws EndpointException {
        if (reply.status() != 200) {
            throw new EndpointException(
                    Failure.of(endpoint, Failure.Cause.REFUSED, "unexpected answer (HTTP " + reply.status() + ")"));
        }
        return 0;
    }

    private long rangeStart(Endpoint endpoint, HttpReply reply, long offset, boolean part) throws EndpointException {
        String header = reply.header("Content-Range");
        Matcher range = CONTENT_RANGE.matcher(header);
        if (!part || !range.matches()) {
            throw SmallContent.bad(endpoint, "it answered with a part of the blob and no usable Content-Range", null);
        }
        long start = Long.parseLong(range.group(1));
        String total = range.group(3);
        if (start > offset) {
            throw SmallContent.bad(endpoint, "asked for bytes from " + offset + " it sent those from " + start, null);
        }
        if (!total.equals("*") && Long.parseLong(total) != descriptor.size()) {
            throw wrongSize(endpoint, Long.parseLong(total));
        }
        return start;
    }

    private void checkLength(Endpoint endpoint, HttpReply reply, long start) throws EndpointException {
        long length = reply.contentLength();
        boolean endsEarly = reply.status() == 206 && length >= 0 && start + length < descriptor.size();
        if (length >= 0 && start + length != descriptor.size() && !endsEarly) {
            throw wrongSize(endpoint, start + length);
        }
    }

    private EndpointException wrongSize(Endpoint endpoint, long actual) {
        return SmallContent.bad(
                endpoint, "the blob has " + actual + " bytes there, the manifest says " + descriptor.size(), null);
    }

    /** Only strong validators may be used with If-Range (RFC 9110 section 13.1.5). */
    private void rememberEtag(Endpoint endpoint, HttpReply reply) {
        String etag = reply.header("ETag");
        if (etag.startsWith("\"") && etag.length() < 512) {
            etags.put(endpoint, etag);
        } else {
            etags.remove(endpoint);
        }
    }
}
