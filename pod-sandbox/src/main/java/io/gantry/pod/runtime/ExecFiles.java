package io.gantry.pod.runtime;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** The files of one exec, in a directory of their own that goes with it: the process asked for, its pid, the runtime's log. */
record ExecFiles(Path directory) implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ExecFiles.class);

    static ExecFiles create(Path scratch, ObjectNode process) {
        ExecFiles files = null;
        try {
            Files.createDirectories(scratch);
            files = new ExecFiles(Files.createTempDirectory(scratch, "exec-"));
            Files.write(files.process(), Json.mapper().writeValueAsBytes(process));
            return files;
        } catch (IOException e) {
            if (files != null) {
                files.close();
            }
            throw GantryException.of(
                            ErrorKind.INTERNAL,
                            "write the process of an exec to " + scratch,
                            String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    Path process() {
        return directory.resolve("process.json");
    }

    Path pid() {
        return directory.resolve("pid");
    }

    Path log() {
        return directory.resolve("log");
    }

    /** A socket, where one is needed. */
    Path console() {
        return directory.resolve("console");
    }

    /** The pid that the runtime wrote once the command was started, empty before. */
    OptionalInt readPid() {
        try {
            return OptionalInt.of(Integer.parseInt(Files.readString(pid()).strip()));
        } catch (IOException | NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    String readLog() {
        try {
            return new String(Files.readAllBytes(log()), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        try {
            for (Path file : new Path[] {process(), pid(), log(), console()}) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            log.warn("cannot remove files of an exec: directory={} error=\"{}\"", directory, e.toString());
        }
    }
}
