package io.gantry.image.registry;

import java.nio.file.Path;
import java.util.List;

/**
 * How TLS connections to a host are made.
 *
 * @param authorities PEM files of certificate authorities, trusted besides those of the system
 * @param clients certificates to show when the server asks
 * @param skipVerify accept any certificate
 */
record TlsSettings(List<Path> authorities, List<ClientPair> clients, boolean skipVerify) {
    static final TlsSettings SYSTEM = new TlsSettings(List.of(), List.of(), false);
    static final TlsSettings UNVERIFIED = new TlsSettings(List.of(), List.of(), true);

    TlsSettings {
        authorities = List.copyOf(authorities);
        clients = List.copyOf(clients);
    }

    /** PEM files of a client certificate with its chain, and of its key; the same file when it holds both. */
    record ClientPair(Path certificate, Path key) {}
}
