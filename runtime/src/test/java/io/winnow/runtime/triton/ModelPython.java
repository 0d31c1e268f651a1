package io.winnow.runtime.triton;

import io.winnow.runtime.contract.DemoModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Runs small programs against the decoder's own modules, on the Python that Triton runs. */
final class ModelPython {

  private ModelPython() {}

  /** What a program prints for lines of input. */
  static List<String> run(String program, List<String> lines) throws IOException {
    Path root = Path.of(System.getProperty("winnow.root"));
    Process which =
        new ProcessBuilder(root.resolve("scripts/triton-from-wheel").toString(), "python").start();
    String python = which.inputReader(StandardCharsets.UTF_8).readLine();
    ProcessBuilder builder = new ProcessBuilder(python, "-c", program);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder
        .environment()
        .put("PYTHONPATH", DemoModel.model().root().resolve("demo-decoder/1").toString());
    Process process = builder.start();
    try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
      for (String line : lines) {
        input.write(line + "\n");
      }
    }
    return process.inputReader(StandardCharsets.UTF_8).lines().toList();
  }
}
