package io.winnow.decoder.access;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The API keys of a file that may change while the service runs. A file that cannot be read or
 * understood leaves the keys as they were.
 */
public final class ApiKeyFile implements Callers {

  private static final Logger LOG = Logger.getLogger(ApiKeyFile.class);
  private static final int MAX_BYTES = 1 << 20;

  private final Path path;
  private byte[] content;
  private volatile ApiKeys keys;

  private ApiKeyFile(Path path, byte[] content) throws CharacterCodingException {
    this.path = path;
    this.content = content;
    this.keys = parse(content);
  }

  /**
   * Opens the file for the first time.
   *
   * @throws IllegalArgumentException if it cannot be read or understood: better no service than one
   *     that lets nobody in, or everybody
   */
  public static ApiKeyFile open(Path path) {
    try {
      return new ApiKeyFile(path, read(path));
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException("winnow.access.key-file " + path + ": " + e, e);
    }
  }

  @Override
  public Optional<String> identify(Optional<String> key) {
    return keys.identify(key);
  }

  /**
   * Takes up a changed file. Compares content instead of times: the file is small, and a time stamp
   * may miss a second change within its resolution.
   */
  public synchronized void refresh() {
    try {
      byte[] found = read(path);
      if (Arrays.equals(found, content)) {
        return;
      }
      content = found;
      keys = parse(found);
      LOG.infof("%s: %d API keys", path, keys.size());
    } catch (IOException | IllegalArgumentException e) {
      LOG.warnf("%s is not taken up: %s", path, e);
    }
  }

  private static byte[] read(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new IOException("larger than " + MAX_BYTES + " bytes");
      }
      return content;
    }
  }

  private static ApiKeys parse(byte[] content) throws CharacterCodingException {
    return ApiKeys.parse(
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString());
  }
}
