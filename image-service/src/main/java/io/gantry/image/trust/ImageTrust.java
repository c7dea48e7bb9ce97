package io.gantry.image.trust;

import io.gantry.image.record.ImageRecord;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.RecordStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether an image may come in, and later whether it may run. What a signature was good for is recorded, so that
 * running needs no network; a policy or key that changed since makes the record void. Refusals have the
 * reason {@code SignatureValidationFailed}, which the kubelet shows as the reason a pod waits.
 */
public final class ImageTrust {
    private static final String REASON = "SignatureValidationFailed";
    private static final Logger log = LoggerFactory.getLogger(ImageTrust.class);

    private final TrustPolicyFile policy;
    private final VerifierPrograms verifiers;
    private final @Nullable RecordStore<TrustRecord> records;
    private final Predicate<String> listed;
    private final Map<String, TrustRecord> known = new ConcurrentHashMap<>();
    private final Object lock = new Object();
    /** How many pulls of each name with digest are under way. Guarded by {@code lock}. */
    private final Map<String, Integer> admitted = new HashMap<>();

    private ImageTrust(
            TrustPolicyFile policy,
            VerifierPrograms verifiers,
            @Nullable RecordStore<TrustRecord> records,
            Predicate<String> listed) {
        this.policy = policy;
        this.verifiers = verifiers;
        this.records = records;
        this.listed = listed;
    }

    /** An image that was let in, and what is recorded of it stays until this is closed: the image is listed then, or not. */
    public interface Admission extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Reads the policy and what is recorded, and forgets what is recorded of images that there are no more.
     *
     * @param directory of the records, made when there is a policy
     * @param listed whether there is an image with this name with digest
     * @throws GantryException FAILED_PRECONDITION when the policy cannot be used
     */
    public static ImageTrust open(
            TrustConfig config, Path directory, ProcessRunner processes, Predicate<String> listed) {
        RecordStore<TrustRecord> records = config.policyFile() == null
                ? null
                : new RecordStore<>(directory, TrustRecord.class, TrustRecord.SCHEMA);
        ImageTrust trust = new ImageTrust(
                new TrustPolicyFile(config.policyFile()),
                new VerifierPrograms(config.verifierDir(), config.verifierTimeout(), processes),
                records,
                listed);
        if (records == null) {
            return trust;
        }
        trust.policy.current();
        records.loadAll().records().values().forEach(record -> trust.known.put(record.repoDigest(), record));
        List.copyOf(trust.known.keySet()).forEach(trust::forget);
        return trust;
    }

    /**
     * Refuses a name that the policy rejects, whatever it means: no registry is asked for it.
     *
     * @throws GantryException PERMISSION_DENIED
     */
    public void requireNotRejected(ImageReference reference) {
        if (policy.current().ruleFor(reference.name()) instanceof TrustRule.Reject) {
            throw rejected("pull image " + reference.canonical(), reference);
        }
    }

    /**
     * Lets what a name means be pulled, or not.
     *
     * @param resolved the manifest or index that the name means
     * @return to be closed when the image is listed, or will not be
     * @throws GantryException PERMISSION_DENIED with every reason, or that of the registry when signatures cannot be
     *     looked for
     */
    public Admission requirePullable(ImageReference reference, Descriptor resolved, SignatureStore signatures)
            throws InterruptedException {
        String action = "pull image " + reference.canonical();
        TrustRule rule = policy.current().ruleFor(reference.name());
        check(rule, reference, resolved.digest(), signatures, action);
        Optional<String> refusal = verifiers.refusal(reference, resolved);
        if (refusal.isPresent()) {
            throw refused(action, refusal.get()).withRemedy("use an image that the verifiers of this node let in");
        }
        return admit(reference.repoDigest(resolved.digest()), rule);
    }

    private static void check(
            TrustRule rule, ImageReference reference, Digest subject, SignatureStore signatures, String action)
            throws InterruptedException {
        ClaimCheck check = new ClaimCheck(reference, subject);
        switch (rule) {
            case TrustRule.Accept _ -> {}
            case TrustRule.Reject _ -> throw rejected(action, reference);
            case TrustRule.Signed signed ->
                requireOne(signatures.signatures(subject), claim -> check.problem(claim, signed), subject, action);
            case TrustRule.Keyless keyless ->
                requireOne(signatures.signatures(subject), claim -> check.problem(claim, keyless), subject, action);
        }
    }

    private interface Judge {
        Optional<String> problem(SignedClaim claim);
    }

    private static void requireOne(List<SignedClaim> claims, Judge judge, Digest subject, String action) {
        Set<String> problems = new LinkedHashSet<>();
        for (SignedClaim claim : claims) {
            Optional<String> problem = judge.problem(claim);
            if (problem.isEmpty()) {
                return;
            }
            problems.add(problem.get());
        }
        String problem = claims.isEmpty()
                ? "the trust policy requires a signature, and " + subject + " has none"
                : "of " + claims.size() + " signatures none satisfies the trust policy: " + String.join("; ", problems);
        throw refused(action, problem)
                .withRemedy("sign the image, for example with 'cosign sign', by whom the policy names");
    }

    private static GantryException rejected(String action, ImageReference reference) {
        return refused(action, "the trust policy rejects images of " + reference.name())
                .withRemedy("use another registry, or add a rule for this one to the policy");
    }

    private static GantryException refused(String action, String problem) {
        return GantryException.of(ErrorKind.PERMISSION_DENIED, action, problem).withReason(REASON);
    }

    /**
     * Refuses names for images that no signature comes with, as in an archive.
     *
     * @throws GantryException PERMISSION_DENIED when a name's rule wants more than nothing
     */
    public void requireImportable(List<ImageReference> names, String action) {
        TrustPolicy now = policy.current();
        for (ImageReference name : names) {
            if (!(now.ruleFor(name.name()) instanceof TrustRule.Accept)) {
                throw refused(action, "the trust policy lets no image of " + name.name() + " in without a signature")
                        .withRemedy("import it under a name that the policy accepts, or pull it");
            }
        }
    }

    /** Recorded before anything is fetched: an image is never here without it. */
    private Admission admit(String repoDigest, TrustRule rule) {
        if (records == null || rule instanceof TrustRule.Accept) {
            return () -> {};
        }
        TrustRecord record = new TrustRecord(repoDigest, rule.fingerprint());
        synchronized (lock) {
            if (!record.equals(known.get(repoDigest))) {
                records.putDurably(key(repoDigest), record);
                known.put(repoDigest, record);
            }
            admitted.merge(repoDigest, 1, Integer::sum);
        }
        return new Admission() {
            private boolean closed;

            @Override
            public void close() {
                synchronized (lock) {
                    if (!closed) {
                        closed = true;
                        admitted.computeIfPresent(repoDigest, (_, count) -> count == 1 ? null : count - 1);
                        forget(repoDigest);
                    }
                }
            }
        };
    }

    /** Forgets an image that was removed, unless it is pulled again meanwhile or is listed again already. */
    public void forget(String repoDigest) {
        synchronized (lock) {
            if (records != null
                    && !admitted.containsKey(repoDigest)
                    && !listed.test(repoDigest)
                    && known.remove(repoDigest) != null) {
                records.remove(key(repoDigest));
            }
        }
    }

    /**
     * Lets an image that is here run, or not: one of its names must be acceptable now, or have been let in by the rule
     * that holds now.
     *
     * @param action for errors: {@code "prepare root file system web"}
     * @throws GantryException PERMISSION_DENIED
     */
    public void requireRunnable(ImageRecord image, String action) {
        TrustPolicy now = policy.current();
        if (now.isOpen()) {
            return;
        }
        List<String> names = new ArrayList<>(image.repoTags());
        names.addAll(image.repoDigests());
        for (String name : names) {
            TrustRule rule = now.ruleFor(ImageReference.parse(name).name());
            TrustRecord record = known.get(name);
            boolean fits = switch (rule) {
                case TrustRule.Accept _ -> true;
                case TrustRule.Reject _ -> false;
                case TrustRule.Signed _, TrustRule.Keyless _ ->
                    record != null && record.rule().equals(rule.fingerprint());
            };
            if (fits) {
                return;
            }
        }
        log.info("image may not run: id={} names={}", image.id(), names);
        throw refused(action, "the trust policy lets image " + image.id() + " run under none of its names " + names)
                .withRemedy("pull it again, so that its signature is checked by the policy as it is now");
    }

    private static String key(String repoDigest) {
        return Digest.ofSha256(repoDigest.getBytes(StandardCharsets.UTF_8)).hex();
    }
}
