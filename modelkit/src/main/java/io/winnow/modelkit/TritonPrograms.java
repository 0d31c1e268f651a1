package io.winnow.modelkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The Python programs that models of Triton's Python backend are; copied into their folders. */
final class TritonPrograms {

  private static final String PROCESSORS = "shared/winnow_processors.py";
  private static final List<String> DECODER =
      List.of(
          "decoder/model.py",
          "decoder/winnow_engine.py",
          "decoder/winnow_graphs.py",
          "decoder/winnow_prefill.py",
          "decoder/winnow_sampling.py",
          PROCESSORS);
  private static final String DECODER_CONFIG = "decoder/config.pbtxt";
  private static final List<String> STATELESS = List.of("stateless/model.py", PROCESSORS);

  private TritonPrograms() {}

  /**
   * Writes the decoder's program.
   *
   * @param version the model's folder {@code 1}
   */
  static void writeDecoder(Path version) throws IOException {
    write(DECODER, version);
  }

  /** The decoder's config.pbtxt, with places to fill. */
  static String decoderConfig() throws IOException {
    return text(DECODER_CONFIG);
  }

  /** Writes what runs a graph without state, if the backend needs it. */
  static void writeStateless(TritonBackend backend, Path version) throws IOException {
    if (backend == TritonBackend.PYTHON) {
      write(STATELESS, version);
    }
  }

  /** All of them in one text, to tell whether they have changed. */
  static String all() throws IOException {
    StringBuilder text = new StringBuilder(text(DECODER_CONFIG));
    for (List<String> program : List.of(DECODER, STATELESS)) {
      for (String file : program) {
        text.append(text(file));
      }
    }
    return text.toString();
  }

  private static void write(List<String> program, Path version) throws IOException {
    for (String file : program) {
      Files.write(version.resolve(file.substring(file.indexOf('/') + 1)), bytes(file));
    }
  }

  private static String text(String file) throws IOException {
    return new String(bytes(file), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String file) throws IOException {
    try (InputStream in = TritonPrograms.class.getResourceAsStream("triton/" + file)) {
      if (in == null) {
        throw new IllegalStateException("modelkit lacks its own file triton/" + file);
      }
      return in.readAllBytes();
    }
  }
}
