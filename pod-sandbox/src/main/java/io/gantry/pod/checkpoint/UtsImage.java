package io.gantry.pod.checkpoint;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * criu's image of a UTS namespace. On restore criu joins the pod's namespace and then sets in it what the image has, so the
 * whole pod would get the host name of the old one; the image gets the new pod's instead.
 *
 * <p>Two magic numbers, the length of one entry, and the entry (protobuf, utsns.proto: 1 node name, 2 domain name).
 *
 * @see <a href="https://criu.org/Images">images of criu</a>
 */
public final class UtsImage {
    private static final int COMMON_MAGIC = 0x54564319;
    private static final int UTSNS_MAGIC = 0x54473203;
    private static final int NODE_NAME = 1 << 3 | 2;
    private static final int DOMAIN_NAME = 2 << 3 | 2;
    private static final int MAX_BYTES = 4096;

    private UtsImage() {}

    /**
     * Gives every such image among criu's images the name.
     *
     * @throws GantryException INVALID_ARGUMENT when one is not what it should be
     */
    public static void rename(Path images, String hostname, String action) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(images, "utsns-*.img")) {
            for (Path file : files) {
                byte[] image = Files.size(file) > MAX_BYTES ? new byte[0] : Files.readAllBytes(file);
                Files.write(file, renamed(image, hostname));
            }
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT, action, "the checkpoint's image of a UTS namespace is damaged")
                    .causedBy(e);
        } catch (IOException | DirectoryIteratorException e) {
            throw FileErrors.during(action, e instanceof IOException io ? io : new IOException(e));
        }
    }

    static byte[] renamed(byte[] image, String hostname) {
        ByteBuffer in = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt() != COMMON_MAGIC || in.getInt() != UTSNS_MAGIC) {
            throw new IllegalArgumentException("not an image of a UTS namespace");
        }
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("cut off");
        }
        in.limit(in.position() + length);
        byte[] domain = new byte[0];
        while (in.hasRemaining()) {
            int field = in.get();
            int size = in.get();
            if (size < 0) {
                throw new IllegalArgumentException("a name that is longer than a name can be");
            }
            byte[] value = new byte[size];
            in.get(value);
            if (field == DOMAIN_NAME) {
                domain = value;
            } else if (field != NODE_NAME) {
                throw new IllegalArgumentException("unknown field");
            }
        }
        ByteArrayOutputStream entry = new ByteArrayOutputStream();
        put(entry, NODE_NAME, hostname.getBytes(StandardCharsets.UTF_8));
        put(entry, DOMAIN_NAME, domain);
        ByteBuffer out = ByteBuffer.allocate(12 + entry.size()).order(ByteOrder.LITTLE_ENDIAN);
        return out.putInt(COMMON_MAGIC)
                .putInt(UTSNS_MAGIC)
                .putInt(entry.size())
                .put(entry.toByteArray())
                .array();
    }

    /** Names are shorter than 65 bytes (uname(2)), so that a length is one byte. */
    private static void put(ByteArrayOutputStream entry, int field, byte[] value) {
        entry.write(field);
        entry.write(value.length);
        entry.writeBytes(value);
    }
}
