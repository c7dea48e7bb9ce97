package io.gantry.image.registry;

import io.gantry.image.reference.Printable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in words for operators what went wrong on a connection. */
final class NetworkErrors {
    private static final int MAX_LENGTH = 200;
    /** What Java's HTTP client says when a body ends before its length. */
    private static final String PREMATURE_EOF = "premature eof";

    private NetworkErrors() {}

    /** The failure that an I/O error means, before or in the middle of a reply. */
    static EndpointException wrap(Endpoint endpoint, URI target, Duration progressTimeout, IOException e) {
        if (e instanceof EndpointException known) {
            return known;
        }
        Failure.Cause cause = cause(e);
        String text = text(e, cause, target, progressTimeout);
        String host = target.getRawAuthority();
        boolean elsewhere = host != null && !host.equals(endpoint.authority());
        return new EndpointException(
                Failure.of(endpoint, cause, elsewhere ? "sent on to " + host + ": " + text : text), e);
    }

    private static Failure.Cause cause(IOException e) {
        if (e instanceof SSLException && find(e, SocketException.class) == null) {
            return Failure.Cause.TLS;
        }
        boolean unreachable = e instanceof ConnectException
                || e instanceof UnknownHostException
                || e instanceof NoRouteToHostException
                || e instanceof PortUnreachableException
                || (e instanceof SocketTimeoutException && message(e).contains("connect"));
        return unreachable ? Failure.Cause.UNREACHABLE : Failure.Cause.BROKEN;
    }

    private static String text(IOException e, Failure.Cause cause, URI target, Duration progressTimeout) {
        if (e instanceof UnknownHostException) {
            return "host name " + target.getHost() + " cannot be resolved";
        }
        if (cause == Failure.Cause.TLS) {
            return tlsText(e);
        }
        String message = message(e);
        if (e instanceof SocketTimeoutException && cause == Failure.Cause.BROKEN) {
            return "no byte came for " + progressTimeout.toMillis() / 1000.0 + " s";
        }
        if (message.contains("unexpected end of file")) {
            return "it closed the connection without an answer";
        }
        if (message.equals(PREMATURE_EOF)) {
            return "it closed the connection in the middle of the body";
        }
        return message;
    }

    private static String tlsText(IOException e) {
        if (message(e).contains("unsupported or unrecognized ssl message")) {
            return "it does not speak TLS; write http:// in hosts.toml if that is meant";
        }
        CertificateException certificate = find(e, CertificateException.class);
        String detail = certificate == null ? message(e) : message(certificate);
        boolean unknown = certificate != null && TrustManagers.isUnknownAuthority(certificate);
        return "TLS failed: " + detail + (unknown ? "; name its authority as ca in hosts.toml" : "");
    }

    private static <T extends Throwable> @Nullable T find(Throwable e, Class<T> type) {
        Throwable current = e;
        for (int depth = 0; current != null && depth < 16; depth++) {
            if (type.isInstance(current)) {
                return type.cast(current);
            }
            current = current.getCause();
        }
        return null;
    }

    private static String message(Throwable e) {
        String raw = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        String text = Printable.of(raw).toLowerCase(Locale.ROOT);
        return text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "…" : text;
    }
}
