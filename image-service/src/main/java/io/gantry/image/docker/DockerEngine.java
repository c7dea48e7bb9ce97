package io.gantry.image.docker;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A Docker engine, asked over its Unix socket. Nothing of it is changed.
 *
 * @see <a href="https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Image">Docker Engine API, images</a>
 */
public final class DockerEngine {
    /** Where Docker listens unless it is told otherwise. */
    public static final Path DEFAULT_SOCKET = Path.of("/var/run/docker.sock");

    private static final int MAX_LIST_BYTES = 64 << 20;
    private static final int MAX_ERROR_BYTES = 8 << 10;

    private final Path socket;
    private final String action;

    /** @throws GantryException UNAVAILABLE when there is no such socket */
    public DockerEngine(Path socket) {
        this.socket = socket;
        this.action = "load images from the Docker engine at " + socket;
        if (!Files.exists(socket)) {
            throw GantryException.of(ErrorKind.UNAVAILABLE, action, "there is no such socket")
                    .withRemedy("start the engine, or name its socket with --docker-socket");
        }
    }

    /** What is being done, for errors. */
    public String action() {
        return action;
    }

    /**
     * The names with tags of all its images, sorted.
     *
     * @throws GantryException UNAVAILABLE when it does not answer, DATA_LOSS when its answer makes no sense
     */
    public List<String> names() throws InterruptedException {
        JsonNode images;
        try (UnixHttpReply reply = get("/images/json")) {
            images = Json.mapper().readTree(reply.readAll(MAX_LIST_BYTES));
        } catch (JacksonException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, action, "its list of images is no JSON")
                    .causedBy(e);
        } catch (IOException e) {
            throw unavailable(e);
        }
        List<String> names = new ArrayList<>();
        for (JsonNode image : images) {
            JsonNode tags = image.get("RepoTags");
            if (tags != null && tags.isArray()) {
                for (JsonNode tag : tags) {
                    names.add(tag.asString());
                }
            }
        }
        names.removeIf(name -> name.contains("<none>"));
        return names.stream().sorted().distinct().toList();
    }

    /**
     * Images with all their layers, as {@code docker save} writes them; the engine makes the stream while it is read. The
     * caller closes it.
     *
     * @param names names or ids; at least one
     * @throws GantryException NOT_FOUND when it has no such image, UNAVAILABLE when it does not answer
     */
    public InputStream save(List<String> names) throws InterruptedException {
        String query = names.stream()
                .map(name -> "names=" + URLEncoder.encode(name, StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        try {
            return get("/images/get?" + query).body();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private UnixHttpReply get(String target) throws IOException, InterruptedException {
        UnixHttpReply reply = UnixHttpReply.get(socket, target);
        if (reply.status() / 100 == 2) {
            return reply;
        }
        try (reply) {
            throw GantryException.of(
                    reply.status() == 404 ? ErrorKind.NOT_FOUND : ErrorKind.UNAVAILABLE,
                    action,
                    "the engine answered " + reply.status() + ": " + message(reply.readAll(MAX_ERROR_BYTES)));
        }
    }

    private static String message(byte[] body) {
        try {
            JsonNode message = Json.mapper().readTree(body).get("message");
            if (message != null) {
                return message.asString();
            }
        } catch (JacksonException _) {
            // plain text
        }
        return new String(body, StandardCharsets.UTF_8).strip();
    }

    private GantryException unavailable(IOException e) {
        return GantryException.of(ErrorKind.UNAVAILABLE, action, String.valueOf(e.getMessage()))
                .withRemedy("check that the engine runs and that you may use its socket")
                .causedBy(e);
    }
}
