package io.winnow.runtime.triton;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DemoModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One real server for all contract tests of a JVM, on a copy of the bundled model's repository. For
 * each set of bounds the decoder is a Triton model of its own, over the same graphs.
 */
final class TritonContracts {

  private static final Path COPY = Path.of("target", "triton-repository").toAbsolutePath();
  private static final Set<String> LOADED = new HashSet<>(); // Triton models

  private static Optional<RealTriton> server = Optional.empty();

  private TritonContracts() {}

  static DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    RepositoryModel bounded = load(model, bounds, Map.of());
    return TritonRuntimes.decoder(bounded, server().address(), TritonSettings.defaults());
  }

  static EncoderRuntime openEncoder(RepositoryModel model) {
    loadOnce(model.name() + "-vision");
    return TritonRuntimes.encoder(model, server().address(), TritonSettings.defaults());
  }

  /**
   * Loads a decoder.
   *
   * @param parameters of its config.pbtxt, beside the bounds
   * @return the model under the name that it has on the server
   */
  static synchronized RepositoryModel load(
      RepositoryModel model, Bounds bounds, Map<String, String> parameters) {
    Map<String, String> changed = new TreeMap<>(parameters);
    changed.put("slots_per_class", Integer.toString(bounds.slots()));
    changed.put("max_queued", Integer.toString(bounds.maxQueued()));
    changed.put(
        "capacity_classes", Integer.toString(model.manifest().getDecoder().getContextLength()));
    String name = model.name() + "-" + Integer.toHexString(changed.toString().hashCode());
    if (!LOADED.contains(name + "-decoder")) {
      RealTriton running = server();
      write(model.name(), name, changed);
      running.load(name + "-decoder");
      LOADED.add(name + "-decoder");
    }
    return new RepositoryModel(COPY, model.manifest().toBuilder().setName(name).build());
  }

  static synchronized RealTriton server() {
    if (server.isEmpty()) {
      copy(DemoModel.model().root(), COPY);
      RealTriton started = RealTriton.start(COPY, "--models", "none");
      Runtime.getRuntime().addShutdownHook(new Thread(started::kill));
      server = Optional.of(started);
    }
    return server.get();
  }

  private static synchronized void loadOnce(String model) {
    RealTriton running = server();
    if (LOADED.add(model)) {
      running.load(model);
    }
  }

  /** Writes a decoder's folder with other parameters; the graphs stay where they are. */
  private static void write(String of, String name, Map<String, String> parameters) {
    Path from = COPY.resolve(of + "-decoder");
    Path to = COPY.resolve(name + "-decoder");
    try {
      Files.createDirectories(to.resolve("1"));
      Files.copy(from.resolve("manifest.json"), to.resolve("manifest.json"), REPLACE_EXISTING);
      try (Stream<Path> programs = Files.list(from.resolve("1"))) {
        for (Path program : programs.filter(file -> file.toString().endsWith(".py")).toList()) {
          Files.copy(program, to.resolve("1").resolve(program.getFileName()), REPLACE_EXISTING);
        }
      }
      String config = Files.readString(from.resolve("config.pbtxt"));
      config = config.replace("name: \"" + of + "-decoder", "name: \"" + name + "-decoder");
      for (Map.Entry<String, String> parameter : parameters.entrySet()) {
        config =
            config.replaceFirst(
                "(key: \"" + parameter.getKey() + "\", value: \\{ string_value: \")[^\"]*",
                "$1" + parameter.getValue());
      }
      Files.writeString(to.resolve("config.pbtxt"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies a repository, in place of an older copy. */
  static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target, REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
