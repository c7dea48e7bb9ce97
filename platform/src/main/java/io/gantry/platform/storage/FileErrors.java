package io.gantry.platform.storage;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/** Turns what java.nio throws into errors with a kind. */
public final class FileErrors {
    private FileErrors() {}

    /** @param action what was being done, with its subject: {@code "write record 3f2a"} */
    public static GantryException during(String action, IOException e) {
        return GantryException.of(kind(e), action, problem(e)).causedBy(e);
    }

    private static ErrorKind kind(IOException e) {
        return switch (e) {
            case NoSuchFileException ignored -> ErrorKind.NOT_FOUND;
            case FileAlreadyExistsException ignored -> ErrorKind.ALREADY_EXISTS;
            case AccessDeniedException ignored -> ErrorKind.PERMISSION_DENIED;
            case NotDirectoryException ignored -> ErrorKind.FAILED_PRECONDITION;
            case DirectoryNotEmptyException ignored -> ErrorKind.FAILED_PRECONDITION;
            default -> kind(e.getMessage());
        };
    }

    private static ErrorKind kind(@Nullable String message) {
        if (message == null) {
            return ErrorKind.INTERNAL;
        }
        boolean exhausted = message.contains("No space left")
                || message.contains("Disk quota exceeded")
                || message.contains("Too many open files");
        if (exhausted) {
            return ErrorKind.RESOURCE_EXHAUSTED;
        }
        return message.contains("Read-only file system") ? ErrorKind.PERMISSION_DENIED : ErrorKind.INTERNAL;
    }

    private static String problem(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "no such file: " + missing.getFile();
            case FileAlreadyExistsException present -> "file exists: " + present.getFile();
            case AccessDeniedException denied -> "permission denied: " + denied.getFile();
            case NotDirectoryException other -> "not a directory: " + other.getFile();
            case DirectoryNotEmptyException full -> "directory not empty: " + full.getFile();
            case FileSystemException other when other.getReason() != null -> other.getFile() + ": " + other.getReason();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
