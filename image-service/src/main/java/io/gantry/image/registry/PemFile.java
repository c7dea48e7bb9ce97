package io.gantry.image.registry;

import io.gantry.platform.error.GantryException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Certificates and private keys in a PEM file (RFC 7468): PKCS#8, PKCS#1 and SEC 1 keys, not encrypted. */
final class PemFile {
    private static final int MAX_BYTES = 4 << 20;
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----", Pattern.DOTALL);
    private static final byte[] RSA_ALGORITHM = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
    private static final byte[] VERSION_ZERO = {2, 1, 0};
    private static final byte[] EC_OID = HexFormat.of().parseHex("06072a8648ce3d0201");
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int CONTEXT_ZERO = 0xa0;

    private final Path file;
    private final String text;

    private PemFile(Path file, String text) {
        this.file = file;
        this.text = text;
    }

    /**
     * @throws GantryException FAILED_PRECONDITION naming the file, when it cannot be read
     */
    static PemFile read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw RegistryHosts.problem(file, "it is larger than 4 MiB", "use a smaller PEM file");
            }
            return new PemFile(file, Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw RegistryHosts.problem(file, "cannot read it: " + e, "put a PEM file there that Gantry may read")
                    .causedBy(e);
        }
    }

    /** The text, for telling whether the file has changed. */
    String text() {
        return text;
    }

    /** All certificates in the file, at least one. */
    List<X509Certificate> certificates() {
        List<X509Certificate> out = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            while (block.find()) {
                if (block.group(1).endsWith("CERTIFICATE")) {
                    out.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der(block))));
                }
            }
        } catch (CertificateException e) {
            throw RegistryHosts.problem(
                            file, "it has a certificate that cannot be read: " + e.getMessage(), "replace it")
                    .causedBy(e);
        }
        if (out.isEmpty()) {
            throw RegistryHosts.problem(file, "it has no certificate", "put a PEM certificate there");
        }
        return out;
    }

    /** The first private key in the file. */
    PrivateKey privateKey() {
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            String type = block.group(1);
            if (type.equals("ENCRYPTED PRIVATE KEY") || block.group(2).contains("ENCRYPTED")) {
                throw RegistryHosts.problem(file, "its private key is encrypted", "store the key without a passphrase");
            }
            byte[] pkcs8 = pkcs8(type, block);
            if (pkcs8 != null) {
                return key(pkcs8);
            }
        }
        throw RegistryHosts.problem(file, "it has no private key", "put a PEM private key there");
    }

    private byte @Nullable [] pkcs8(String type, Matcher block) {
        return switch (type) {
            case "PRIVATE KEY" -> der(block);
            case "RSA PRIVATE KEY" -> tlv(SEQUENCE, VERSION_ZERO, RSA_ALGORITHM, tlv(OCTET_STRING, der(block)));
            case "EC PRIVATE KEY" -> {
                byte[] sec1 = der(block);
                yield tlv(SEQUENCE, VERSION_ZERO, tlv(SEQUENCE, EC_OID, curve(sec1)), tlv(OCTET_STRING, sec1));
            }
            default -> null;
        };
    }

    private PrivateKey key(byte[] pkcs8) {
        GeneralSecurityException last = null;
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException e) {
                last = e;
            }
        }
        GantryException unknown = RegistryHosts.problem(
                file, "its private key is neither RSA, EC nor Ed25519, or is broken", "replace it");
        throw last == null ? unknown : unknown.causedBy(last);
    }

    private byte[] der(Matcher block) {
        try {
            return Base64.getMimeDecoder().decode(block.group(2));
        } catch (IllegalArgumentException e) {
            throw RegistryHosts.problem(file, "a block of it is not base64", "replace it")
                    .causedBy(e);
        }
    }

    /** The curve's object identifier, field [0] of a SEC 1 key. */
    private byte[] curve(byte[] sec1) {
        int at = 0;
        try {
            at = content(sec1, at);
            while (at < sec1.length) {
                int start = content(sec1, at);
                int length = length(sec1, at);
                if ((sec1[at] & 0xff) == CONTEXT_ZERO) {
                    byte[] oid = new byte[length];
                    System.arraycopy(sec1, start, oid, 0, length);
                    return oid;
                }
                at = start + length;
            }
        } catch (IndexOutOfBoundsException e) {
            throw RegistryHosts.problem(file, "its EC key is cut short", "replace it")
                    .causedBy(e);
        }
        throw RegistryHosts.problem(file, "its EC key does not name the curve", "convert it to PKCS#8");
    }

    private static int content(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < Math.min(first & 0x7f, 3); i++) {
            length = length << 8 | der[at + 2 + i] & 0xff;
        }
        return Math.min(length, der.length);
    }

    private static byte[] tlv(int tag, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = body.size();
        if (length < 0x80) {
            out.write(length);
        } else {
            out.write(0x83);
            out.write(length >> 16);
            out.write(length >> 8);
            out.write(length);
        }
        out.writeBytes(body.toByteArray());
        return out.toByteArray();
    }
}
