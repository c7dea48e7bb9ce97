package io.gantry.image.trust;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * A policy in TOML, read again when it or a file that it names changes:
 *
 * <pre>
 * default = "accept"                       # accept, reject: for images that no rule fits
 * [[rule]]
 * match = "registry.example.com/team"      # the beginning of full image names, up to a slash
 * require = "signed"                       # accept, reject, signed, keyless
 * keys = ["team.pub"]                      # PEM; one that fits is enough; relative to this file
 * repository = "same"                      # same, any: what a signature must say of where the image is
 * </pre>
 *
 * <p>With {@code same}, a signature that names a repository must name the image's. Signatures in sigstore bundles, which
 * cosign makes since version 3, name none: they hold in every repository that the rule is for.
 *
 * <p>A rule that requires {@code keyless} has {@code issuer}, {@code subject}, {@code fulcio} (PEM files of certificates)
 * and {@code rekor} (PEM files of public keys) in place of {@code keys}.
 */
public final class TrustPolicyFile {
    private static final TomlMapper MAPPER = new TomlMapper();
    private static final Set<String> KEYS =
            Set.of("match", "require", "keys", "repository", "issuer", "subject", "fulcio", "rekor");

    private record Loaded(ReadFiles files, TrustPolicy policy) {}

    private final @Nullable Path file;
    private volatile @Nullable Loaded loaded;

    /** @param file null for the policy that lets everything in */
    public TrustPolicyFile(@Nullable Path file) {
        this.file = file;
    }

    /**
     * The policy as the file has it now.
     *
     * @throws GantryException FAILED_PRECONDITION with what is wrong with it: nothing is let in then
     */
    public TrustPolicy current() {
        if (file == null) {
            return TrustPolicy.EVERYTHING;
        }
        try {
            Loaded last = loaded;
            if (last != null && last.files.areUnchanged()) {
                return last.policy;
            }
        } catch (IOException _) {
            // Said below, with the rule that needs the file.
        }
        try {
            ReadFiles files = new ReadFiles();
            TrustPolicy policy = parse(new String(files.read(file), StandardCharsets.UTF_8), files);
            loaded = new Loaded(files, policy);
            return policy;
        } catch (IOException e) {
            throw problem("it cannot be read: " + e, e);
        }
    }

    private TrustPolicy parse(String text, ReadFiles files) {
        JsonNode root;
        try {
            root = MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw problem("it is no TOML: " + e.getOriginalMessage(), e);
        }
        for (String name : root.propertyNames()) {
            if (!name.equals("default") && !name.equals("rule")) {
                throw problem("unknown key \"" + name + "\"", null);
            }
        }
        TrustRule otherwise = switch (text(root, "default", "accept")) {
            case "accept" -> new TrustRule.Accept();
            case "reject" -> new TrustRule.Reject();
            default -> throw problem("default is neither \"accept\" nor \"reject\"", null);
        };
        List<TrustPolicy.Scoped> rules = new ArrayList<>();
        JsonNode list = root.get("rule");
        if (list != null) {
            for (JsonNode rule : list) {
                rules.add(rule(rule, "rule " + (rules.size() + 1), files));
            }
        }
        return new TrustPolicy(rules, otherwise);
    }

    private TrustPolicy.Scoped rule(JsonNode rule, String subject, ReadFiles files) {
        if (!rule.isObject()) {
            throw problem(subject + " is no table; write [[rule]]", null);
        }
        for (String name : rule.propertyNames()) {
            if (!KEYS.contains(name)) {
                throw problem(subject + " has the unknown key \"" + name + "\"", null);
            }
        }
        String match = text(rule, "match", "");
        while (match.endsWith("/")) {
            match = match.substring(0, match.length() - 1);
        }
        if (match.isEmpty() || match.contains("*") && (!match.startsWith("*.") || match.lastIndexOf('*') > 0)) {
            throw problem(subject + " has no usable match; write a registry, with a path below it if need be", null);
        }
        boolean anyRepository = switch (text(rule, "repository", "same")) {
            case "same" -> false;
            case "any" -> true;
            default -> throw problem(subject + ": repository is neither \"same\" nor \"any\"", null);
        };
        return new TrustPolicy.Scoped(
                match,
                switch (text(rule, "require", "")) {
                    case "accept" -> new TrustRule.Accept();
                    case "reject" -> new TrustRule.Reject();
                    case "signed" -> new TrustRule.Signed(keys(rule, "keys", subject, files), anyRepository);
                    case "keyless" ->
                        new TrustRule.Keyless(
                                required(rule, "issuer", subject),
                                required(rule, "subject", subject),
                                certificates(rule, subject, files),
                                keys(rule, "rekor", subject, files),
                                anyRepository);
                    default -> throw problem(subject + ": require is none of accept, reject, signed and keyless", null);
                });
    }

    private List<PublicKey> keys(JsonNode rule, String name, String subject, ReadFiles files) {
        List<PublicKey> keys = new ArrayList<>();
        for (Map.Entry<String, byte[]> pem :
                contents(rule, name, subject, files).entrySet()) {
            try {
                keys.addAll(PublicKeys.read(pem.getValue()));
            } catch (GeneralSecurityException e) {
                throw problem(
                        subject + ": " + pem.getKey() + " has no public key that can be used: " + e.getMessage(), e);
            }
        }
        return keys;
    }

    private List<X509Certificate> certificates(JsonNode rule, String subject, ReadFiles files) {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Map.Entry<String, byte[]> pem :
                contents(rule, "fulcio", subject, files).entrySet()) {
            try {
                for (var certificate : CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(pem.getValue()))) {
                    certificates.add((X509Certificate) certificate);
                }
            } catch (CertificateException e) {
                throw problem(subject + ": " + pem.getKey() + " has no certificates: " + e.getMessage(), e);
            }
        }
        return certificates;
    }

    private Map<String, byte[]> contents(JsonNode rule, String name, String subject, ReadFiles files) {
        JsonNode list = rule.get(name);
        if (list == null || !list.isArray() || list.isEmpty()) {
            throw problem(subject + " has no " + name + "; write a list of files", null);
        }
        Map<String, byte[]> contents = new java.util.LinkedHashMap<>();
        for (JsonNode entry : list) {
            Path path = requireFile().resolveSibling(entry.asString());
            try {
                contents.put(path.toString(), files.read(path));
            } catch (IOException e) {
                throw problem(subject + ": " + path + " cannot be read: " + e, e);
            }
        }
        return contents;
    }

    private String required(JsonNode rule, String name, String subject) {
        String value = text(rule, name, "");
        if (value.isEmpty()) {
            throw problem(subject + " has no " + name, null);
        }
        return value;
    }

    private String text(JsonNode node, String name, String fallback) {
        JsonNode value = node.get(name);
        if (value == null) {
            return fallback;
        }
        if (!value.isString()) {
            throw problem(name + " is not a string", null);
        }
        return value.stringValue();
    }

    private Path requireFile() {
        return java.util.Objects.requireNonNull(file, "there is no policy file");
    }

    private GantryException problem(String text, @Nullable Throwable cause) {
        GantryException problem = GantryException.of(ErrorKind.FAILED_PRECONDITION, "read trust policy " + file, text)
                .withRemedy("correct the file; until then no image is let in");
        return cause == null ? problem : problem.causedBy(cause);
    }
}
