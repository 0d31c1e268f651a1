package io.winnow.cli;

import io.winnow.modelkit.ExportException;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.modelkit.Precision;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where things are in a checkout of this repository.
 *
 * @param root its top folder
 */
public record Checkout(Path root) {

  private static final String DEMO = "demo";

  /** More segments than layers make one segment a layer. */
  private static final int MOST_LAYERS = 1024;

  /** Everything that running leaves behind; ignored by git. */
  private Path state() {
    return root.resolve(".winnow");
  }

  /** Where the bundled model is exported to at this precision. */
  Path bundledRepository(Precision precision) {
    return state()
        .resolve(precision == Precision.FP32 ? "models" : "models-" + precision.label())
        .toAbsolutePath()
        .normalize();
  }

  /**
   * The model repository that commands use when none is named: the bundled model, exported when
   * that is missing or older than the checkpoint.
   */
  Path bundledModels(Precision precision, PrintWriter progress) throws CommandFailure {
    Path models = bundledRepository(precision);
    export(
        ExportRequest.of(root.resolve("demo-model/checkpoint"), models, DEMO)
            .withWeights(precision.label()),
        progress);
    return models;
  }

  /** The bundled model with a segment for each layer, as calibration needs it. */
  Path layerwiseModels(PrintWriter progress) throws CommandFailure {
    Path models = state().resolve("models-layerwise").toAbsolutePath().normalize();
    export(
        new ExportRequest(
            root.resolve("demo-model/checkpoint"),
            models,
            DEMO,
            MOST_LAYERS,
            Precision.FP32.label()),
        progress);
    return models;
  }

  private static void export(ExportRequest request, PrintWriter progress) throws CommandFailure {
    try {
      if (!Exporter.isUpToDate(request)) {
        progress.println("winnow: exporting the bundled model");
        Exporter.export(request, (file, done, total) -> {});
      }
    } catch (IOException | ExportException e) {
      throw new CommandFailure("cannot export the bundled model: " + e.getMessage(), e);
    }
  }

  /** The pid file of a running {@code serve}. */
  Path serveFile() {
    return state().resolve("serve.json");
  }

  /** The trace that the last {@code ask --trace} left. */
  Path lastTraceFile() {
    return state().resolve("last-trace.json");
  }

  /** Folder for the logs of services that this process starts; those of ended ones go. */
  Path logs() throws IOException {
    Path all = state().resolve("logs");
    Files.createDirectories(all);
    try (DirectoryStream<Path> old = Files.newDirectoryStream(all, Checkout::isOfEndedProcess)) {
      for (Path folder : old) {
        delete(folder);
      }
    }
    return all.resolve(Long.toString(ProcessHandle.current().pid()));
  }

  private static boolean isOfEndedProcess(Path folder) {
    String name = folder.getFileName().toString();
    return !name.matches("[0-9]{1,18}") || ProcessHandle.of(Long.parseLong(name)).isEmpty();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** The repository to use: the one named, or the bundled model's. */
  public Path models(@Nullable Path named, PrintWriter progress) throws CommandFailure {
    if (named == null) {
      return bundledModels(Precision.FP32, progress);
    }
    if (!Files.isDirectory(named)) {
      throw new CommandFailure(
          "%s is not a folder; ./winnow export writes a model repository".formatted(named));
    }
    return named.toAbsolutePath().normalize();
  }

  /**
   * The folder of recipes to use: the one named, or what belongs to the models: the bundled model's
   * stand in this repository, those of other models beside their repository. It need not exist.
   */
  public Path recipes(@Nullable Path named, @Nullable Path models) {
    if (named != null) {
      return named.toAbsolutePath().normalize();
    }
    return models == null
        ? root.resolve("demo-model/recipes")
        : models.toAbsolutePath().normalize().resolveSibling("recipes");
  }
}
