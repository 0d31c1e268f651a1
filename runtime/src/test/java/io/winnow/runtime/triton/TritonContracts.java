package io.winnow.runtime.triton;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ExitGates;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DemoModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One real server for all contract tests of a JVM, on a copy of the bundled model's repository. For
 * each set of bounds the decoder is a Triton model of its own.
 */
final class TritonContracts {

  private static final Path COPY = Path.of("target", "triton-repository").toAbsolutePath();
  private static final Set<String> LOADED = new HashSet<>(); // Triton models

  /** What the suites ask for is no matter of time, however busy the machine is. */
  private static final TritonSettings PATIENT =
      TritonSettings.defaults()
          .withAcknowledge(Duration.ofMinutes(1))
          .withClose(Duration.ofMinutes(1));

  private static Optional<RealTriton> server = Optional.empty();

  private TritonContracts() {}

  static DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    RepositoryModel bounded = load(model, bounds, Map.of());
    return TritonRuntimes.decoder(bounded, server().address(), PATIENT);
  }

  static Optional<ExitGates> openGates(RepositoryModel model) {
    loadOnce(model.name() + "-gates");
    return TritonRuntimes.gates(model, server().address(), PATIENT);
  }

  static EncoderRuntime openEncoder(RepositoryModel model) {
    loadOnce(model.name() + "-vision");
    return TritonRuntimes.encoder(model, server().address(), PATIENT);
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
    String name =
        model.name() + "-" + Integer.toHexString((model.root() + changed.toString()).hashCode());
    if (!LOADED.contains(name + "-decoder")) {
      RealTriton running = server();
      write(model, name, changed);
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

  /** Writes a decoder's folder under another name and with other parameters. */
  private static void write(RepositoryModel of, String name, Map<String, String> parameters) {
    Path to = COPY.resolve(name + "-decoder");
    copy(of.root().resolve(of.name() + "-decoder"), to);
    replace(to.resolve("manifest.json"), "\"" + of.name() + "-decoder/", "\"" + name + "-decoder/");
    Path config = to.resolve("config.pbtxt");
    replace(config, "name: \"" + of.name() + "-decoder", "name: \"" + name + "-decoder");
    parameters.forEach(
        (key, value) ->
            replace(
                config, "(key: \"" + key + "\", value: \\{ string_value: \")[^\"]*", "$1" + value));
  }

  private static void replace(Path file, String regex, String replacement) {
    try {
      Files.writeString(file, Files.readString(file).replaceAll(regex, replacement));
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
