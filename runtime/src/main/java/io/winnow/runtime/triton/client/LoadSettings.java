package io.winnow.runtime.triton.client;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model is loaded from.
 *
 * @param config configuration as JSON that replaces config.pbtxt; null: that file counts. Needed
 *     where files are given
 * @param files contents by path within the model's folder ("1/model.onnx"); not empty: they replace
 *     the whole folder. One message carries them all
 */
public record LoadSettings(@Nullable String config, Map<String, ByteBuffer> files) {

  public LoadSettings {
    if (config == null && !files.isEmpty()) {
      throw new IllegalArgumentException("a model loaded from files needs a configuration too");
    }
    files = Map.copyOf(files);
  }

  /** The model's folder as it is. */
  public static LoadSettings fromFolder() {
    return new LoadSettings(null, Map.of());
  }

  /** The model's folder with another configuration, as JSON. */
  public static LoadSettings withConfig(String json) {
    return new LoadSettings(json, Map.of());
  }

  /** With one file more; needs a configuration. */
  public LoadSettings withFile(String path, byte[] contents) {
    Map<String, ByteBuffer> more = new LinkedHashMap<>(files);
    more.put(path, ByteBuffer.wrap(contents.clone()).asReadOnlyBuffer());
    return new LoadSettings(config, more);
  }
}
