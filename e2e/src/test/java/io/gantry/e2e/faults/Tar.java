package io.gantry.e2e.faults;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes a tar archive (ustar) with any names at all, also those that no good archive has. */
public final class Tar {
    private static final int BLOCK = 512;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public Tar file(String name, byte[] content) {
        entry(name, '0', content.length, "", 0644);
        out.writeBytes(content);
        out.writeBytes(new byte[-content.length & BLOCK - 1]);
        return this;
    }

    public Tar file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    public Tar directory(String name) {
        entry(name, '5', 0, "", 0777);
        return this;
    }

    public Tar symlink(String name, String target) {
        entry(name, '2', 0, target, 0777);
        return this;
    }

    public Tar hardLink(String name, String target) {
        entry(name, '1', 0, target, 0777);
        return this;
    }

    public byte[] build() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(out.size() + 2 * BLOCK);
        whole.writeBytes(out.toByteArray());
        whole.writeBytes(new byte[2 * BLOCK]);
        return whole.toByteArray();
    }

    private void entry(String name, char type, int size, String target, int mode) {
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "%07o".formatted(mode));
        put(header, 108, "0000000");
        put(header, 116, "0000000");
        put(header, 124, "%011o".formatted(size));
        put(header, 136, "00000000000");
        put(header, 148, "        ");
        header[156] = (byte) type;
        put(header, 157, target);
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        out.writeBytes(header);
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
