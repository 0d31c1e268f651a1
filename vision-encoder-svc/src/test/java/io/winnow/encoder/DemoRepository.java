package io.winnow.encoder;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/** The bundled model, exported once into this module's build folder. */
public final class DemoRepository implements QuarkusTestResourceLifecycleManager {

  static final Path DEMO = Path.of(System.getProperty("winnow.root"), "demo-model");

  @Override
  public Map<String, String> start() {
    return Map.of("winnow.models", export().toString());
  }

  @Override
  public void stop() {}

  static Path export() {
    Path repository = Path.of("target", "demo-repository").toAbsolutePath();
    ExportRequest request = ExportRequest.of(DEMO.resolve("checkpoint"), repository, "demo");
    try {
      if (!Exporter.isUpToDate(request)) {
        Exporter.export(request, (file, done, total) -> {});
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return repository;
  }
}
