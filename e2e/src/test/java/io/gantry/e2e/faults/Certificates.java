package io.gantry.e2e.faults;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority of a test's own and what it signed: servers and a client. Made with the JDK's keytool. */
public final class Certificates {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final Path directory;
    private final KeyStore all;

    private Certificates(Path directory, KeyStore all) {
        this.directory = directory;
        this.all = all;
    }

    /** Makes all of them; their files stay in the directory. */
    public static Certificates create(Path directory)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path store = directory.resolve("all.p12");
        keytool(store, "authority", "bc:c=ca:true");
        keytool(store, "server", "san=ip:127.0.0.1,dns:secure.proxied.test", "-signer", "authority");
        keytool(store, "elsewhere", "san=dns:elsewhere.example.test", "-signer", "authority");
        keytool(store, "client", "eku=clientAuth", "-signer", "authority");
        KeyStore all = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            all.load(in, PASSWORD);
        }
        Certificates made = new Certificates(directory, all);
        made.write("authority");
        made.write("client");
        return made;
    }

    private static void keytool(Path store, String name, String extension, String... more)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                extension,
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                store.toString()));
        words.addAll(Arrays.asList(more));
        Command.of(words).run();
    }

    private void write(String name) throws IOException, GeneralSecurityException {
        StringBuilder chain = new StringBuilder();
        for (Certificate certificate : all.getCertificateChain(name)) {
            chain.append(pem("CERTIFICATE", certificate.getEncoded()));
        }
        Files.writeString(file(name + ".pem"), chain);
        Files.writeString(
                file(name + ".key"),
                pem("PRIVATE KEY", all.getKey(name, PASSWORD).getEncoded()));
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + type
                + "-----\n";
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    public Path authority() {
        return file("authority.pem");
    }

    public Path client() {
        return file("client.pem");
    }

    public Path clientKey() {
        return file("client.key");
    }

    /** A server for 127.0.0.1 and secure.proxied.test. */
    public SSLContext server() throws GeneralSecurityException, IOException {
        return context("server");
    }

    /** A server whose certificate names another host. */
    public SSLContext elsewhere() throws GeneralSecurityException, IOException {
        return context("elsewhere");
    }

    private SSLContext context(String name) throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry(name, all.getKey(name, PASSWORD), PASSWORD, all.getCertificateChain(name));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", all.getCertificate("authority"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
