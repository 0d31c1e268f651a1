package io.winnow.cli;

import io.winnow.modelkit.ExportException;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.modelkit.TritonBackend;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Checkpoint folder to model repository. */
@Command(
    name = "export",
    description =
        "Writes a Hugging Face checkpoint folder into a model repository, as ONNX graphs.")
final class ExportCommand implements Callable<Integer> {

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "DIR",
      description = "Folder with config.json, tokenizer.json and the safetensors files.")
  private Path checkpoint = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "REPO",
      description = "Model repository; created if it is missing.")
  private Path repository = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The model's name in the repository. Default: the checkpoint folder's.")
  private @Nullable String name;

  @Option(
      names = "--segments",
      paramLabel = "N",
      defaultValue = "" + ExportRequest.DEFAULT_SEGMENTS,
      description = "Graphs that the decoder is cut into (default: ${DEFAULT-VALUE}).")
  private int segments;

  @Option(
      names = "--weights",
      paramLabel = "PRECISION",
      defaultValue = "fp32",
      description = "fp32, int8 or int4 for CPUs; fp16 or bf16 for CUDA (default: fp32).")
  private String weights = "";

  @Option(
      names = "--triton-backend",
      paramLabel = "BACKEND",
      defaultValue = "onnxruntime",
      description =
          "What runs the vision tower in Triton: onnxruntime, or python for servers without that"
              + " backend (default: ${DEFAULT-VALUE}).")
  private String tritonBackend = "";

  @Option(
      names = "--if-changed",
      description =
          "Leave the repository alone if it holds this export already. Several may run at once.")
  private boolean ifChanged;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws CommandFailure {
    PrintWriter progress = spec().commandLine().getErr();
    try {
      ExportRequest request = request();
      if (request.precision().forCuda()) {
        progress.printf(
            "winnow: %s graphs are for ONNX Runtime's CUDA provider; for a CPU, fp32, int8 and int4"
                + " are faster%n",
            weights);
      }
      if (ifChanged) {
        Exporter.exportIfChanged(request, new PrintedProgress(progress));
      } else {
        Exporter.export(request, new PrintedProgress(progress));
      }
      progress.printf("winnow: %s holds model \"%s\"%n", repository, request.name());
      return 0;
    } catch (ExportException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new CommandFailure("cannot write the model repository: " + e, e);
    }
  }

  private ExportRequest request() {
    Path folder = checkpoint.toAbsolutePath().normalize();
    String chosen = name != null ? name : String.valueOf(folder.getFileName());
    try {
      return new ExportRequest(folder, repository, chosen, segments, weights)
          .withTritonBackend(TritonBackend.named(tritonBackend));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec().commandLine(), e.getMessage(), e);
    }
  }

  private CommandSpec spec() {
    return Usage.injected(spec);
  }
}
