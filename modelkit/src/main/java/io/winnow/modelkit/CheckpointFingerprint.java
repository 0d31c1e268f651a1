package io.winnow.modelkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;

/**
 * Tells whether an export would come out the same: SHA-256 over every file that the exporter reads,
 * its own format, and the request's settings.
 */
final class CheckpointFingerprint {

  // Raise it whenever the written graphs or files change.
  private static final int EXPORT_FORMAT = 9;

  private static final List<String> FILES =
      List.of(
          "chat_template.jinja",
          "chat_template.json",
          "config.json",
          "generation_config.json",
          "model.safetensors.index.json",
          "preprocessor_config.json",
          "processor_config.json",
          "special_tokens_map.json",
          "tokenizer.json",
          "tokenizer_config.json");

  private CheckpointFingerprint() {}

  static String of(ExportRequest request) throws IOException {
    MessageDigest digest = sha256();
    add(digest, EXPORT_FORMAT + "/" + request.segments() + "/" + request.weights());
    add(digest, request.tritonBackend() + "/" + TritonPrograms.all());
    TreeSet<String> files = new TreeSet<>(FILES);
    Safetensors.files(request.checkpoint()).forEach(files::add);
    add(digest, request.checkpoint(), files);
    Path tower = request.checkpoint().resolve(OriginalLayout.TOWER);
    if (Files.isDirectory(tower)) {
      TreeSet<String> own = new TreeSet<>(FILES);
      if (Safetensors.areIn(tower)) {
        Safetensors.files(tower).forEach(own::add);
      }
      add(digest, tower, own);
    }
    Path gates = request.checkpoint().resolve(GateWeights.FOLDER);
    if (Files.isDirectory(gates)) {
      add(digest, gates, new TreeSet<>(List.of(GateWeights.CONFIG, "model.safetensors")));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Tells whether weights are those that gates were trained with: SHA-256 over the files that hold
   * them, one after the other by name, as demo-model/gates/fingerprint.py computes it.
   */
  static String ofWeights(Path checkpoint) throws IOException {
    MessageDigest digest = sha256();
    for (String file : Safetensors.files(checkpoint)) {
      add(digest, checkpoint.resolve(file));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, Path folder, TreeSet<String> files)
      throws IOException {
    for (String file : files) {
      Path path = folder.resolve(file);
      if (Files.exists(path)) {
        add(digest, file + "/" + Files.size(path));
        add(digest, path);
      }
    }
  }

  private static void add(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private static void add(MessageDigest digest, Path file) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(1 << 20);
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.read(block) >= 0) {
        digest.update(block.flip());
        block.clear();
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
