package io.winnow.bench;

import io.winnow.cli.Checkout;
import io.winnow.cli.CommandFailure;
import io.winnow.modelkit.ExportException;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.RepositoryModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Models to measure: the bundled one and one with random weights of a given shape, at any
 * precision. They are made once and kept under {@code .winnow/bench}.
 */
final class BenchModels {

  private static final long SEED = 20_261_125;

  private final Path root;
  private final RandomLlava.Shape shape;
  private final String shapeName;
  private final Consumer<String> progress;

  /**
   * @param root of the checkout
   * @param shape of the random model
   * @param shapeName names its files
   */
  BenchModels(Path root, RandomLlava.Shape shape, String shapeName, Consumer<String> progress) {
    this.root = root;
    this.shape = shape;
    this.shapeName = shapeName;
    this.progress = progress;
  }

  /** The bundled model at fp32, as services use it. */
  RepositoryModel bundled() throws CommandFailure {
    PrintWriter quiet = new PrintWriter(PrintWriter.nullWriter());
    ModelRepository repository = ModelRepository.open(new Checkout(root).models(null, quiet));
    return repository.model(repository.models().get(0));
  }

  RepositoryModel bundled(String weights) throws IOException, ExportException {
    return exported(root.resolve("demo-model/checkpoint"), "demo-" + weights, weights);
  }

  RepositoryModel random(String weights) throws IOException, ExportException {
    return exported(randomCheckpoint(), shapeName + "-" + weights, weights);
  }

  /** Checkpoint folder of the random model, in Hugging Face format. */
  Path randomCheckpoint() throws IOException {
    Path folder = folder().resolve(shapeName + "-checkpoint");
    if (!Files.exists(folder.resolve("complete"))) {
      progress.accept("writing random weights to " + folder);
      RandomLlava.write(folder, root.resolve("demo-model/checkpoint"), shape, SEED);
      Files.createFile(folder.resolve("complete"));
    } else if (!Files.exists(folder.resolve("exit_gates/config.json"))) {
      RandomLlava.writeGates(folder, shape, SEED); // written before there were gates
    }
    return folder;
  }

  /** Repository that holds the random model and no other, for services that serve it. */
  Path randomAlone(String weights) throws IOException, ExportException {
    Path repository = folder().resolve("alone").resolve(shapeName + "-" + weights);
    export(repository, randomCheckpoint(), shapeName + "-" + weights, weights);
    return repository;
  }

  /** What the random model is, for a report. */
  String description() {
    return "random model \"%s\": %d layers, width %d, %d heads, %d KV heads, MLP %d, vocabulary %d"
        .formatted(
            shapeName,
            shape.layers(),
            shape.hidden(),
            shape.heads(),
            shape.kvHeads(),
            shape.intermediate(),
            shape.vocabulary());
  }

  private RepositoryModel exported(Path checkpoint, String name, String weights)
      throws IOException, ExportException {
    Path repository = folder().resolve("models");
    export(repository, checkpoint, name, weights);
    return ModelRepository.open(repository).model(name);
  }

  private void export(Path repository, Path checkpoint, String name, String weights)
      throws IOException, ExportException {
    ExportRequest request =
        new ExportRequest(checkpoint, repository, name, ExportRequest.DEFAULT_SEGMENTS, weights);
    if (!Exporter.isUpToDate(request)) {
      progress.accept("exporting " + name);
      Exporter.export(request, (file, done, total) -> {});
    }
  }

  private Path folder() {
    return root.resolve(".winnow/bench");
  }
}
