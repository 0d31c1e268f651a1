package io.winnow.modelkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Puts a model into a repository whole or not at all: it is written into a folder beside the others
 * and renamed into place, the folder with the manifest last. Exports of one model wait for each
 * other, in this process and in others.
 */
final class ModelRepositoryWriter {

  private static final Object IN_THIS_PROCESS = new Object();

  private final Path repository;
  private final String name;

  ModelRepositoryWriter(Path repository, String name) {
    this.repository = repository;
    this.name = name;
  }

  /** Writes a model's folders below a root that stands for the repository. */
  interface Content {
    void write(Path root) throws IOException;
  }

  /** Looked at once no other export of the model is under way. */
  interface Condition {
    boolean holds() throws IOException;
  }

  /** Gives false, and writes nothing, if the condition holds. */
  boolean replaceUnless(Condition condition, Content content) throws IOException {
    Files.createDirectories(repository);
    // A FileLock guards against other processes only.
    synchronized (IN_THIS_PROCESS) {
      try (FileChannel lockFile =
          FileChannel.open(
              repository.resolve("." + name + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE)) {
        lockFile.lock(); // closing the channel gives it back
        removeLeftovers();
        if (condition.holds()) {
          return false;
        }
        Path staging = Files.createTempDirectory(repository, temporaryPrefix());
        try {
          Path fresh = Files.createDirectory(staging.resolve("fresh"));
          content.write(fresh);
          swap(fresh, Files.createDirectory(staging.resolve("stale")));
          return true;
        } finally {
          delete(staging);
        }
      }
    }
  }

  /** Without the manifest's folder there is no model, so it goes first and comes last. */
  private void swap(Path fresh, Path stale) throws IOException {
    String vision = name + "-vision";
    String gates = name + "-gates"; // not every model has them
    String decoder = name + "-decoder";
    for (String folder : List.of(decoder, gates, vision)) {
      moveIfThere(folder, repository, stale);
    }
    for (String folder : List.of(vision, gates, decoder)) {
      moveIfThere(folder, fresh, repository);
    }
  }

  private static void moveIfThere(String folder, Path from, Path to) throws IOException {
    if (Files.exists(from.resolve(folder))) {
      Files.move(from.resolve(folder), to.resolve(folder), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** What killed exports left behind; the lock says that none is alive. */
  private void removeLeftovers() throws IOException {
    try (DirectoryStream<Path> leftovers =
        Files.newDirectoryStream(repository, temporaryPrefix() + "*")) {
      for (Path leftover : leftovers) {
        delete(leftover);
      }
    }
  }

  private String temporaryPrefix() {
    return "." + name + "-export-";
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      paths
          .sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.delete(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
